"""Write docs/schemas from the values that the program encodes: `python docs/make_schemas.py`."""

from __future__ import annotations

from inspect import cleandoc
from pathlib import Path
from typing import Any

import msgspec

from tocsin.model.comparison import ANSWER_SCHEMA, QUESTION_SCHEMA, Answer, Question
from tocsin.render.actor_records import (
    ACTOR_CHECK_SCHEMA,
    ACTOR_SCHEMA,
    ActorCheckRecord,
    ActorRecord,
)
from tocsin.render.assessment_records import ASSESSMENT_SCHEMA, AssessmentRecord
from tocsin.render.campaign_records import (
    CAMPAIGN_SCHEMA,
    CAMPAIGN_VIEW_SCHEMA,
    DECISION_SCHEMA,
    INCIDENT_SCHEMA,
    CampaignRecord,
    CampaignViewRecord,
    DecisionRecord,
    IncidentRecord,
)
from tocsin.render.case_records import (
    CASE_FILE_SCHEMA,
    CASE_VIEW_SCHEMA,
    CLOCK_RULE_SCHEMA,
    CaseFileRecord,
    CaseViewRecord,
    ClockRuleRecord,
)
from tocsin.render.claims import CASE_SCHEMA, CLAIM_SCHEMA, CaseRecord, ClaimRecord
from tocsin.render.comparison import (
    COMMON_SCHEMA,
    EXCHANGE_SCHEMA,
    FILE_SCHEMA,
    CommonRecord,
    ExchangeRecord,
    FileRecord,
)
from tocsin.render.defused import DEFUSED_SCHEMA, DefusedRecord
from tocsin.render.exercise import EXERCISE_SCHEMA, SCENARIO_SCHEMA, ExerciseRecord, ScenarioRecord
from tocsin.render.exposure import EXPOSURE_SCHEMA, ExposureRecord
from tocsin.render.hunt import HIT_SCHEMA, HitRecord
from tocsin.render.intel_records import (
    ADDED_SCHEMA,
    INDICATOR_SCHEMA,
    SOURCE_SCHEMA,
    AddedRecord,
    IndicatorRecord,
    SourceRecord,
)
from tocsin.render.judgements import (
    ANALYST_SCHEMA,
    JUDGEMENT_SCHEMA,
    TELLING_SCHEMA,
    AnalystRecord,
    SignedRecord,
    TellingRecord,
)
from tocsin.render.notices import (
    NOTICE_CHECK_SCHEMA,
    NOTICE_SCHEMA,
    NoticeCheckRecord,
    NoticeRecord,
)
from tocsin.render.people import PERSON_SCHEMA
from tocsin.render.people import PersonRecord as ListedPersonRecord
from tocsin.render.records import (
    ERROR_SCHEMA,
    EXPLANATION_SCHEMA,
    MAIL_SCHEMA,
    QUEUE_SCHEMA,
    ErrorRecord,
    FullRecord,
    MailRecord,
    QueueRecord,
)
from tocsin.render.releases import RELEASE_SCHEMA, ReleaseRecord
from tocsin.render.report_records import REPORT_SCHEMA, ReportRecord
from tocsin.render.rules import RULE_CHECK_SCHEMA, RuleCheckRecord
from tocsin.render.store import (
    AUDIT_SCHEMA,
    HELD_SCHEMA,
    STORE_SCHEMA,
    AuditRecord,
    HeldRecord,
    StoreRecord,
)
from tocsin.render.targets import (
    TARGET_DOMAIN_SCHEMA,
    TARGET_SCHEMA,
    TARGET_SHARE_SCHEMA,
    TargetDomainRecord,
    TargetRecord,
    TargetShareRecord,
)
from tocsin.render.watch import WATCH_SCHEMA, WatchRecord

FOLDER = Path(__file__).parent / "schemas"
RECORDS: dict[str, Any] = {
    MAIL_SCHEMA: MailRecord,
    ASSESSMENT_SCHEMA: AssessmentRecord,
    CLAIM_SCHEMA: ClaimRecord,
    CASE_SCHEMA: CaseRecord,
    ANALYST_SCHEMA: AnalystRecord,
    JUDGEMENT_SCHEMA: SignedRecord,
    TELLING_SCHEMA: TellingRecord,
    REPORT_SCHEMA: ReportRecord,
    RELEASE_SCHEMA: ReleaseRecord,
    NOTICE_SCHEMA: NoticeRecord,
    EXPOSURE_SCHEMA: ExposureRecord,
    PERSON_SCHEMA: ListedPersonRecord,
    CASE_FILE_SCHEMA: CaseFileRecord,
    CASE_VIEW_SCHEMA: CaseViewRecord,
    CLOCK_RULE_SCHEMA: ClockRuleRecord,
    NOTICE_CHECK_SCHEMA: NoticeCheckRecord,
    ERROR_SCHEMA: ErrorRecord,
    QUEUE_SCHEMA: QueueRecord,
    EXPLANATION_SCHEMA: FullRecord,
    EXERCISE_SCHEMA: ExerciseRecord,
    SCENARIO_SCHEMA: ScenarioRecord,
    RULE_CHECK_SCHEMA: RuleCheckRecord,
    HIT_SCHEMA: HitRecord,
    SOURCE_SCHEMA: SourceRecord,
    ADDED_SCHEMA: AddedRecord,
    INDICATOR_SCHEMA: IndicatorRecord,
    CAMPAIGN_SCHEMA: CampaignRecord,
    CAMPAIGN_VIEW_SCHEMA: CampaignViewRecord,
    DECISION_SCHEMA: DecisionRecord,
    INCIDENT_SCHEMA: IncidentRecord,
    ACTOR_SCHEMA: ActorRecord,
    ACTOR_CHECK_SCHEMA: ActorCheckRecord,
    DEFUSED_SCHEMA: DefusedRecord,
    STORE_SCHEMA: StoreRecord,
    AUDIT_SCHEMA: AuditRecord,
    HELD_SCHEMA: HeldRecord,
    WATCH_SCHEMA: WatchRecord,
    TARGET_SCHEMA: TargetRecord,
    TARGET_DOMAIN_SCHEMA: TargetDomainRecord,
    TARGET_SHARE_SCHEMA: TargetShareRecord,
    QUESTION_SCHEMA: Question,
    ANSWER_SCHEMA: Answer,
    EXCHANGE_SCHEMA: ExchangeRecord,
    COMMON_SCHEMA: CommonRecord,
    FILE_SCHEMA: FileRecord,
}


def pages() -> dict[Path, str]:
    """Each schema file and its text."""
    return {
        FOLDER / f"{name.replace('/', '-')}.json": schema_text(name, kind) for name, kind in RECORDS.items()
    }


def schema_text(name: str, kind: Any) -> str:
    """One schema: JSON Schema 2020-12, with the value of `schema` fixed."""
    (root,), components = msgspec.json.schema_components((kind,), ref_template="#/$defs/{name}")
    definitions: dict[str, Any] = dict(components)
    for definition in definitions.values():
        if "description" in definition:  # CPython 3.13 strips the indent of docstrings by itself
            definition["description"] = cleandoc(definition["description"])
    definitions[kind.__name__]["properties"]["schema"] = {"const": name}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": name,
        **root,
        "$defs": definitions,
    }
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"


if __name__ == "__main__":
    for path, text in pages().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
