import Type from 'typebox';

/**
 * The parts of Grafana's classic dashboard that are generated here, and no others: a misspelled field is refused. Written from
 * the reference of the dashboard's JSON model (https://grafana.com/docs/grafana/latest/visualizations/dashboards/build-dashboards/view-dashboard-json-model/).
 */
const strict = { additionalProperties: false };
const DataSource = Type.Object(
  { type: Type.Literal('prometheus'), uid: Type.Literal('${datasource}') },
  strict,
);
const Text = Type.String({ minLength: 1 });

const Target = Type.Object(
  {
    datasource: DataSource,
    refId: Type.String({ pattern: '^[A-Z]$' }),
    expr: Text,
    legendFormat: Text,
    exemplar: Type.Optional(Type.Boolean()),
    instant: Type.Optional(Type.Boolean()),
    range: Type.Optional(Type.Boolean()),
    format: Type.Optional(Type.Enum(['table', 'heatmap', 'time_series'])),
  },
  strict,
);

const GridPos = Type.Object(
  {
    h: Type.Integer({ minimum: 1 }),
    w: Type.Integer({ minimum: 1, maximum: 24 }),
    x: Type.Integer({ minimum: 0, maximum: 23 }),
    y: Type.Integer({ minimum: 0 }),
  },
  strict,
);

const Thresholds = Type.Object(
  {
    mode: Type.Enum(['absolute', 'percentage']),
    steps: Type.Array(Type.Object({ value: Type.Union([Type.Number(), Type.Null()]), color: Text }, strict)),
  },
  strict,
);

const Panel = Type.Object(
  {
    id: Type.Integer({ minimum: 1 }),
    type: Type.Enum(['timeseries', 'stat', 'table', 'heatmap']),
    title: Text,
    description: Text,
    transparent: Type.Boolean(),
    datasource: DataSource,
    gridPos: GridPos,
    targets: Type.Array(Target, { minItems: 1 }),
    repeatDirection: Type.Optional(Type.Literal('h')),
    options: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    fieldConfig: Type.Optional(
      Type.Object(
        {
          defaults: Type.Object(
            {
              unit: Type.Optional(Type.Enum(['s', 'percentunit', 'reqps', 'ops', 'short', 'bytes', 'none'])),
              min: Type.Optional(Type.Number()),
              max: Type.Optional(Type.Number()),
              thresholds: Type.Optional(Thresholds),
              custom: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
            },
            strict,
          ),
          overrides: Type.Array(Type.Unknown()),
        },
        strict,
      ),
    ),
  },
  strict,
);

const Row = Type.Object(
  {
    id: Type.Integer(),
    type: Type.Literal('row'),
    title: Text,
    collapsed: Type.Boolean(),
    gridPos: GridPos,
    panels: Type.Array(Type.Unknown(), { maxItems: 0 }),
  },
  strict,
);

const Variable = Type.Object(
  {
    type: Type.Enum(['datasource', 'query']),
    name: Text,
    label: Text,
    hide: Type.Optional(Type.Integer()),
    skipUrlSync: Type.Optional(Type.Boolean()),
    query: Type.Union([Text, Type.Object({ query: Text, refId: Text }, strict)]),
    datasource: Type.Optional(DataSource),
    current: Type.Optional(Type.Unknown()),
    options: Type.Optional(Type.Array(Type.Unknown())),
    refresh: Type.Optional(Type.Integer({ minimum: 0, maximum: 2 })),
    sort: Type.Optional(Type.Integer()),
    multi: Type.Optional(Type.Boolean()),
    includeAll: Type.Optional(Type.Boolean()),
    allValue: Type.Optional(Text),
    regex: Type.Optional(Type.String()),
    allowCustomValue: Type.Optional(Type.Boolean()),
    auto: Type.Optional(Type.Boolean()),
    auto_min: Type.Optional(Text),
    auto_count: Type.Optional(Type.Integer()),
  },
  strict,
);

const Annotation = Type.Object(
  {
    name: Text,
    datasource: DataSource,
    enable: Type.Boolean(),
    hide: Type.Optional(Type.Boolean()),
    iconColor: Text,
    expr: Text,
    titleFormat: Text,
    textFormat: Text,
    step: Text,
    builtIn: Type.Optional(Type.Integer()),
    type: Type.Optional(Type.String()),
    placement: Type.Optional(Type.Literal('inControlsMenu')),
  },
  strict,
);

export const GrafanaDashboard = Type.Object(
  {
    uid: Type.String({ pattern: '^[a-z0-9-]{1,40}$' }),
    title: Text,
    description: Text,
    tags: Type.Array(Text),
    timezone: Type.Literal('browser'),
    editable: Type.Boolean(),
    graphTooltip: Type.Literal(1),
    time: Type.Object({ from: Text, to: Text }, strict),
    fiscalYearStartMonth: Type.Integer(),
    refresh: Text,
    schemaVersion: Type.Integer({ minimum: 36 }),
    panels: Type.Array(Type.Union([Panel, Row]), { minItems: 1 }),
    templating: Type.Object({ list: Type.Array(Variable) }, strict),
    annotations: Type.Object({ list: Type.Array(Annotation) }, strict),
    links: Type.Array(Type.Record(Type.String(), Type.Unknown())),
    preload: Type.Optional(Type.Boolean()),
  },
  strict,
);
