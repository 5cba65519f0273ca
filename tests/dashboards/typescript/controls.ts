// Mistakes that must be errors: the compiler complains of a line here that is none.

import type { Dashboard, Panel } from './kinds';

const common = { title: 'x', gridPos: { x: 0, y: 0, w: 1, h: 1 } };
const fieldConfig = { defaults: {}, overrides: [] };

export const right: Panel = {
  ...common, type: 'timeseries', options: { legend: { showLegend: true, displayMode: 'list' } },
  fieldConfig: { defaults: { custom: { lineWidth: 1 } }, overrides: [] },
};
// @ts-expect-error a misspelt option
export const option: Panel = { ...common, fieldConfig, type: 'timeseries', options: { legnd: {} } };
// @ts-expect-error a misspelt key of an option
export const inner: Panel = { ...common, fieldConfig, type: 'timeseries', options: { legend: { calc: [] } } };
// @ts-expect-error a value that the enum does not have
export const value: Panel = { ...common, fieldConfig, type: 'timeseries', options: { tooltip: { mode: 'many' } } };
// @ts-expect-error an option of another kind
export const other: Panel = { ...common, fieldConfig, type: 'stat', options: { legend: {} } };
// @ts-expect-error a kind that is none
export const kind: Panel = { ...common, fieldConfig, type: 'statetimeline', options: {} };
// @ts-expect-error a misspelt field option of the kind
export const custom: Panel = { ...common, type: 'timeseries', options: {}, fieldConfig: { defaults: { custom: { lineWith: 1 } }, overrides: [] } };
// @ts-expect-error a misspelt field option
export const field: Panel = { ...common, type: 'stat', options: {}, fieldConfig: { defaults: { decimal: 1 }, overrides: [] } };
// @ts-expect-error a misspelt key of a target
export const target: Panel = { ...common, fieldConfig, type: 'stat', options: {}, targets: [{ refId: 'A', rawQuery: true, query: '', resultformat: 'table' }] };
// @ts-expect-error a misspelt key of a dashboard
export const dashboard: Dashboard = { tittle: 'x', panels: [] };
// @ts-expect-error a sort order of variables that is none
export const variable: Dashboard = { panels: [], templating: { list: [{ type: 'query', name: 'x', sort: 99 }] } };
// @ts-expect-error a misspelt column of an annotation
export const annotation: Dashboard = { panels: [], annotations: { list: [{ target: { refId: 'A', rawQuery: true, query: '', textcolumn: 'x' } }] } };
