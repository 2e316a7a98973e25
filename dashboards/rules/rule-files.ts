import { stringify } from 'yaml';
import { accessAlerts } from './access-alerts.ts';
import { burnAlerts } from './burn-rates.ts';
import { cacheAlerts } from './cache-alerts.ts';
import { counterAlerts } from './counter-alerts.ts';
import { edgeAlerts } from './edge-alerts.ts';
import { recordingGroups } from './recording-rules.ts';
import { gatewayAlerts } from './gateway-alerts.ts';
import { outboxAlerts } from './outbox-alerts.ts';
import type { AlertRule } from './rule.ts';
import { saturationAlerts, storageAlerts, telemetryAlerts } from './service-alerts.ts';
import { timings } from './timing.ts';
import type { Timing } from './timing.ts';
import { writeAlerts } from './write-alerts.ts';

/** All alerts, in the groups of their files. */
export function alertGroups(
  timing: Timing,
): readonly { readonly name: string; readonly rules: readonly AlertRule[] }[] {
  return [
    { name: 'darkroom-budgets', rules: burnAlerts(timing) },
    { name: 'darkroom-cache-alerts', rules: [...cacheAlerts(timing), ...writeAlerts(timing)] },
    { name: 'darkroom-outbox', rules: outboxAlerts(timing) },
    { name: 'darkroom-access', rules: accessAlerts(timing) },
    { name: 'darkroom-gateway', rules: gatewayAlerts(timing) },
    { name: 'darkroom-edge', rules: edgeAlerts(timing) },
    { name: 'darkroom-counters', rules: counterAlerts(timing) },
    { name: 'darkroom-storage-alerts', rules: storageAlerts(timing) },
    { name: 'darkroom-saturation', rules: saturationAlerts(timing) },
    { name: 'darkroom-telemetry', rules: telemetryAlerts(timing) },
  ];
}

/** Rule files of Prometheus, by their names. */
export function ruleFiles(): Readonly<Record<string, string>> {
  const file = (groups: object): string => stringify({ groups }, { lineWidth: 0 });
  return Object.fromEntries(
    timings.flatMap((timing) => [
      [timing.files.recordings, file(recordingGroups(timing))],
      [timing.files.alerts, file(alertGroups(timing))],
    ]),
  );
}
