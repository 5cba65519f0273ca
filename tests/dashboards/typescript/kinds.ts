// What a dashboard of ours may be, from Grafana's own types. A saved dashboard leaves out what is a default, and has the values of enums as
// plain text and numbers: Given<T> says so. Unknown keys stay errors.

import * as schema from '@grafana/schema';
import type * as annolist from '@grafana/schema/dist/esm/raw/composable/annotationslist/panelcfg/x/AnnotationsListPanelCfg_types.gen';
import type * as barchart from '@grafana/schema/dist/esm/raw/composable/barchart/panelcfg/x/BarChartPanelCfg_types.gen';
import type * as bargauge from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type * as dashlist from '@grafana/schema/dist/esm/raw/composable/dashboardlist/panelcfg/x/DashboardListPanelCfg_types.gen';
import type * as gauge from '@grafana/schema/dist/esm/raw/composable/gauge/panelcfg/x/GaugePanelCfg_types.gen';
import type * as geomap from '@grafana/schema/dist/esm/raw/composable/geomap/panelcfg/x/GeomapPanelCfg_types.gen';
import type * as heatmap from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import type * as histogram from '@grafana/schema/dist/esm/raw/composable/histogram/panelcfg/x/HistogramPanelCfg_types.gen';
import type * as logs from '@grafana/schema/dist/esm/raw/composable/logs/panelcfg/x/LogsPanelCfg_types.gen';
import type * as piechart from '@grafana/schema/dist/esm/raw/composable/piechart/panelcfg/x/PieChartPanelCfg_types.gen';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as statetimeline from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import type * as statushistory from '@grafana/schema/dist/esm/raw/composable/statushistory/panelcfg/x/StatusHistoryPanelCfg_types.gen';
import type * as table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type * as text from '@grafana/schema/dist/esm/raw/composable/text/panelcfg/x/TextPanelCfg_types.gen';
import type * as trend from '@grafana/schema/dist/esm/raw/composable/trend/panelcfg/x/TrendPanelCfg_types.gen';
import type * as timeseries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

type Any<T> = 0 extends 1 & T ? true : false;

export type Given<T> =
  Any<T> extends true ? any
  : unknown extends T ? T
  : T extends string ? `${T}`
  : T extends number | boolean | null | undefined ? T
  : T extends (infer Item)[] ? Given<Item>[]
  : T extends object ? { [Key in keyof T]?: Given<T[Key]> }
  : T;

// A target of the InfluxDB plugin in raw InfluxQL (public/app/plugins/datasource/influxdb/types.ts); @grafana/schema has no type of it.
type Target = Given<schema.DataQuery> & {
  refId: string;
  rawQuery: true;
  query: string;
  resultFormat: 'time_series' | 'table' | 'logs';
  alias?: string;
};

// Annotations: of the InfluxDB plugin, and of Grafana's own source (public/app/plugins/datasource/grafana/types.ts).
type AnnotationTarget =
  | (Omit<Target, 'resultFormat'> & {
      resultFormat?: Target['resultFormat'];
      fromAnnotations?: true;
      tagsColumn?: string;
      textColumn?: string;
      timeEndColumn?: string;
      titleColumn?: string;
    })
  | { refId?: string; type: 'tags' | 'dashboard'; tags?: string[]; matchAny?: boolean; limit?: number }
  | {
      refId: string;
      queryType: 'timeRegions';
      timeRegion: { mode?: 'cron'; cronExpr?: string; duration?: string; from?: string; to?: string; timezone?: string };
    };

// Which column is what (AnnotationEventMappings, packages/grafana-data/src/types/annotations.ts).
type Mapping = { source?: 'field' | 'text' | 'skip'; value?: string; regex?: string };
type Mappings = { [Part in 'time' | 'timeEnd' | 'title' | 'text' | 'tags' | 'id' | 'color']?: Mapping };

type Annotation = Omit<Given<schema.AnnotationQuery>, 'target'> & { target?: AnnotationTarget; mappings?: Mappings };

type Common = Omit<Given<schema.Panel>, 'type' | 'options' | 'fieldConfig' | 'targets' | 'links'>;
type Link = { title: string; url: string; targetBlank?: boolean; oneClick?: boolean };
type Fields = Omit<Given<schema.FieldConfig>, 'custom' | 'links'> & { links?: Link[] };

type PanelOf<Kind, Options, Custom = {}> = Common & {
  type: Kind;
  title: string;
  options: Given<Options>;
  links?: Link[];
  targets?: Target[];
  fieldConfig: {
    defaults: Fields & { custom?: { [Key in keyof Custom]?: Given<Custom[Key]> } };
    overrides: Given<schema.FieldConfigSource['overrides']>;
  };
};

// In the plugin (public/app/plugins/panel/state-timeline/module.tsx), missing in the package's types.
type Gaps = { spanNulls?: boolean | number; insertNulls?: boolean | number };

// Grafana's alert list has no type outside of Grafana (public/app/plugins/panel/alertlist/types.ts): its options are not looked at.
export type Panel =
  | PanelOf<'alertlist', any>
  | PanelOf<'annolist', annolist.Options>
  | PanelOf<'barchart', barchart.Options, barchart.FieldConfig>
  | PanelOf<'bargauge', bargauge.Options>
  | PanelOf<'dashlist', dashlist.Options>
  | PanelOf<'gauge', gauge.Options>
  | PanelOf<'geomap', geomap.Options, schema.HideableFieldConfig>
  | PanelOf<'heatmap', heatmap.Options, heatmap.FieldConfig>
  | PanelOf<'histogram', histogram.Options, histogram.FieldConfig>
  | PanelOf<'logs', logs.Options>
  | PanelOf<'piechart', piechart.Options, piechart.FieldConfig>
  | PanelOf<'stat', stat.Options>
  | PanelOf<'state-timeline', statetimeline.Options, statetimeline.FieldConfig & Gaps>
  | PanelOf<'status-history', statushistory.Options, statushistory.FieldConfig>
  | PanelOf<'table', table.Options, table.FieldConfig>
  | PanelOf<'text', text.Options>
  | PanelOf<'timeseries', timeseries.Options, timeseries.FieldConfig>
  | PanelOf<'trend', trend.Options, trend.FieldConfig>;

type Row = Omit<Given<schema.RowPanel>, 'type' | 'panels'> & { type: 'row'; panels: Panel[] };

// `definition` is what the editor of a query variable shows (QueryVariableModel, packages/grafana-data/src/types/templateVars.ts).
type Variable = Given<schema.VariableModel> & { definition?: string };

export type Dashboard = Omit<Given<schema.Dashboard>, 'panels' | 'templating' | 'annotations'> & {
  panels: (Panel | Row)[];
  templating?: { list: Variable[] };
  annotations?: { list: Annotation[] };
};
