import type {
  FieldConfig as HeatmapFields,
  Options as HeatmapOptions,
} from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import type { Options as StatOptions } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type {
  FieldConfig as TableFields,
  Options as TableOptions,
} from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type {
  FieldConfig as LinesFields,
  Options as LinesOptions,
} from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
import type {
  AnnotationQuery,
  Dashboard,
  FieldConfig,
  FieldConfigSource,
  Panel,
  RowPanel,
  VariableModel,
} from '@grafana/schema/dist/esm/raw/dashboard/x/Dashboard_types.gen';
import type { Dataquery } from '@grafana/grafana-foundation-sdk/prometheus';

type PromQuery = Omit<Dataquery, '_implementsDataqueryVariant'>;

/** A value as it stands in JSON: a member of an enum is its text. */
type Plain<T> = T extends string
  ? `${T}`
  : T extends number
    ? T
    : T extends object
      ? { [Key in keyof T]: Plain<T[Key]> }
      : T;

/** What may be missing elsewhere, and is on every panel here. */
type Told = 'id' | 'title' | 'description' | 'gridPos' | 'datasource';

type PanelOf<Type extends string, Options, Fields> = Omit<
  Panel,
  'type' | 'options' | 'fieldConfig' | 'targets'
> &
  Required<Pick<Panel, Told>> & {
    type: Type;
    options?: Partial<Options>;
    fieldConfig?: Omit<FieldConfigSource, 'defaults'> & {
      defaults: Omit<FieldConfig, 'custom'> & { custom?: Partial<Fields> };
    };
    targets: PromQuery[];
  };

type PanelOfKind =
  | PanelOf<'timeseries', LinesOptions, LinesFields>
  | PanelOf<'stat', StatOptions, Record<string, never>>
  | PanelOf<'table', TableOptions, TableFields>
  | PanelOf<'heatmap', HeatmapOptions, HeatmapFields>;

type Annotation = AnnotationQuery &
  Pick<PromQuery, 'expr'> &
  Record<'titleFormat' | 'textFormat' | 'step', string> & { useValueForTime?: boolean };

/** A panel that asks something, as it stands in a board. */
export type PublishedPanel = Plain<PanelOfKind>;

/**
 * A board in the form that Grafana publishes, with the options of its kinds of panels. What belongs to Prometheus's queries and
 * annotations is published only together with Grafana's user interface: the builders' types stand for it.
 */
export type PublishedDashboard = Plain<
  Omit<Dashboard, 'annotations' | 'panels' | 'templating'> & {
    annotations: { list: Annotation[] };
    panels: (PanelOfKind | (RowPanel & Required<Pick<RowPanel, 'gridPos' | 'title'>>))[];
    templating: { list: VariableModel[] };
  }
>;
