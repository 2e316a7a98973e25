/** An alert as Prometheus takes it. */
export type AlertRule = {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly keep_firing_for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
};

export type RecordingRule = { readonly record: string; readonly expr: string };

/** What an alert says to people. Texts are templates of Prometheus: `{{ $labels.candidate }}`, `{{ $value }}`. */
export type AlertText = {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  /** How long it keeps firing after its condition has ended. Absent: it ends at once. */
  readonly keepFiringFor?: string;
  readonly severity: 'page' | 'ticket';
  readonly summary: string;
  readonly description: string;
  /** The board that shows it, by its uid. */
  readonly board: string;
  readonly labels?: Readonly<Record<string, string>>;
};

/** Its runbook is the page of its name, in `docs/runbooks/` of this repository. */
export function alertRule(text: AlertText): AlertRule {
  const { alert, expr, keepFiringFor, severity, summary, description, board, labels } = text;
  return {
    alert,
    expr,
    for: text.for,
    ...(keepFiringFor !== undefined && { keep_firing_for: keepFiringFor }),
    labels: { severity, ...labels },
    annotations: {
      summary,
      description,
      runbook_url: `docs/runbooks/${fileNameOf(alert)}`,
      dashboard_uid: board,
    },
  };
}

/** `RedisTierDown` has its page in `redis-tier-down.md`. */
export function fileNameOf(alert: string): string {
  return `${alert.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()}.md`;
}
