"""The shape of a dashboard of Grafana's classic model, as far as rules and queries look into it: files may have been edited by anybody."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dashboards.model.json import Json


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class _Datasource(_Part):
    type: str = Field("", description="kind of store")
    uid: str = Field("", description="which")


class _Grid(_Part):
    x: int = Field(0, description="column")
    y: int = Field(0, description="row")
    w: int = Field(0, description="columns")
    h: int = Field(0, description="rows")


class _Property(_Part):
    id: str = Field("", description="name of the property")


class _Matcher(_Part):
    id: str = Field("", description="kind of matcher")


class _Override(_Part):
    matcher: _Matcher | None = Field(None, description="which columns")
    properties: list[_Property] = Field([], description="what differs for them")


class _FieldConfig(_Part):
    defaults: dict[str, Any] = Field({}, description="of every column")
    overrides: list[_Override] = Field([], description="of some")


class _Reduce(_Part):
    calcs: list[str] = Field([], description="reducers")


class _Options(_Part):
    reduceOptions: _Reduce | None = Field(None, description="how one value is made of many")  # noqa: N815 (Grafana's name)


class _Organize(_Part):
    renameByName: dict[str, str] = Field({}, description="new names")  # noqa: N815
    excludeByName: dict[str, bool] = Field({}, description="columns taken out")  # noqa: N815


class _Transformation(_Part):
    id: str = Field("", description="kind of transformation")
    options: _Organize | None = Field(None, description="as organize has them")


class _Target(_Part):
    datasource: _Datasource | str = Field("", description="which store")
    query: dict[str, Any] | str = Field("", description="what is asked")
    alias: str = Field("", description="name of the series")


class _Panel(_Part):
    id: int = Field(0, description="number in the dashboard")
    type: str = Field("", description="kind of panel")
    title: str = Field("", description="title")
    datasource: _Datasource | str = Field("", description="which store")
    gridPos: _Grid | None = Field(None, description="place")  # noqa: N815
    fieldConfig: _FieldConfig | None = Field(None, description="units and more")  # noqa: N815
    options: _Options | None = Field(None, description="of the kind")
    transformations: list[_Transformation] = Field([], description="what is done to the answers")
    targets: list[_Target] = Field([], description="queries")
    panels: "list[_Panel]" = Field([], description="what a folded row holds")
    maxDataPoints: int = Field(0, description="points that it shows")  # noqa: N815


class _Variable(_Part):
    name: str = Field(description="name")
    type: str = Field(description="kind of variable")
    current: dict[str, Any] = Field({}, description="what is chosen")
    query: dict[str, Any] | str = Field("", description="what lists the values")
    datasource: _Datasource | str = Field("", description="which store")


class _Annotation(_Part):
    name: str = Field("", description="name")
    datasource: _Datasource | str = Field("", description="which store")
    target: dict[str, Any] = Field({}, description="what is asked")


class _Variables(_Part):
    listed: list[_Variable] = Field([], alias="list", description="in the order of the screen")


class _Annotations(_Part):
    listed: list[_Annotation] = Field([], alias="list", description="in the order of the screen")


class _Link(_Part):
    title: str = Field("", description="what is read")
    type: str = Field("", description="dashboards or link")
    tags: list[str] = Field([], description="of which dashboards")


class _Time(_Part):
    from_: str = Field("now-6h", alias="from", description="beginning")


class _Board(_Part):
    uid: str = Field("", description="id")
    title: str = Field("", description="title")
    tags: list[str] = Field([], description="tags")
    links: list[_Link] = Field([], description="links to others")
    time: _Time | None = Field(None, description="range")
    panels: list[_Panel] = Field(description="panels")
    templating: _Variables | None = Field(None, description="variables")
    annotations: _Annotations | None = Field(None, description="annotations")


def fault_of(board: Json) -> tuple[str, str] | None:
    """Return the key that is not as Grafana has it, and what is wrong with it; None when all are right."""
    try:
        _Board.model_validate(board)
    except ValidationError as error:
        first = error.errors()[0]
        words = "is missing" if first["type"] == "missing" else "is of another type than in Grafana's classic model"
        return ".".join(map(str, first["loc"])), words
    return None


def without_nulls(value: Any) -> Any:
    """Return a value without the keys that are null: Grafana writes `null` for what is not set."""
    if isinstance(value, dict):
        return {key: without_nulls(each) for key, each in value.items() if each is not None}
    return [without_nulls(each) for each in value] if isinstance(value, list) else value
