"""What a policy file must be beyond the form of its parts: names that exist, no circles, no rule in vain."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pydantic import BaseModel

from routing.document import Path, Problem
from routing.engine_settings import EngineSettings, HttpEngineSettings
from routing.language_ranges import policy_tag
from routing.other_model import OtherModel
from routing.policy import NO_RULE, NO_RULE_UNDETERMINED, Rule
from routing.policy_contents import PolicyContents
from routing.prompts import problems_of
from routing.strategies.route import Route
from routing.strategy import Strategy
from routing.strategy_size import MOST_ANSWERS, answers_drawn
from routing.validation import suggestion
from routing.when import Groups

Engines = Mapping[str, EngineSettings]


def problems(contents: PolicyContents) -> Iterator[Problem]:
    """Everything that keeps these contents from being a policy."""
    yield from _engine_problems(contents.engines)
    yield from _group_problems(contents.groups)
    yield from _rule_problems(contents)
    for path, route in _routes(contents, ()):
        yield from _route_problems(path, route, contents.engines)
    yield from _size_problems(contents)
    for place, told in problems_of(contents.prompts).items():
        yield Problem(("prompts", *place), told)


def rules_in_vain(rules: tuple[Rule, ...]) -> Iterator[Problem]:
    """Rules that can never match, since an earlier one takes all that they could."""
    for index, later in enumerate(rules):
        earlier = next((rule for rule in rules[:index] if rule.covers(later)), None)
        if earlier is not None:
            yield Problem(
                ("rules", index), f"can never match: `{earlier.name}` before it takes all of its requests"
            )


def _engine_problems(engines: Engines) -> Iterator[Problem]:
    for name, engine in engines.items():
        place = ("engines", name)
        if isinstance(engine, HttpEngineSettings):
            yield from _duplicates((*place, "urls"), engine.urls)
            yield from _duplicates((*place, "models"), engine.models)
        else:
            yield from _duplicates((*place, "adapters"), engine.models)
        yield from _fallback_problems(place, engine, engines)


def _fallback_problems(place: Path, engine: EngineSettings, engines: Engines) -> Iterator[Problem]:
    if engine.fallback is None:
        if engine.fallback_model is not None:
            yield Problem((*place, "fallback_model"), "means nothing without `fallback`")
    elif engine.fallback not in engines:
        others = [name for name in engines if name != place[-1]]
        yield Problem((*place, "fallback"), _unknown("engine", engine.fallback, others))
    elif _comes_back(str(place[-1]), engines):
        yield Problem((*place, "fallback"), "leads back to this engine")
    else:
        needed = engine.models if engine.fallback_model is None else (engine.fallback_model,)
        named = "fallback" if engine.fallback_model is None else "fallback_model"
        for model in needed:
            yield from _unserved((*place, named), model, {engine.fallback: engines[engine.fallback]})


def _comes_back(start: str, engines: Engines) -> bool:
    seen = {start}
    name = engines[start].fallback
    while name is not None and name in engines and name not in seen:
        seen.add(name)
        name = engines[name].fallback
    return name == start


def _group_problems(groups: Groups) -> Iterator[Problem]:
    for name, languages in groups.items():
        if _is_tag(name):
            yield Problem(("groups", name), "is also a language tag: another name keeps the two apart")
        wrong = [tag for tag in languages if not _is_tag(tag)]
        for tag in wrong:
            yield Problem(("groups", name, languages.index(tag)), f"`{tag}` is not a BCP-47 language tag")
        yield from _duplicates(("groups", name), [policy_tag(tag) for tag in languages if tag not in wrong])


def _rule_problems(contents: PolicyContents) -> Iterator[Problem]:
    first_lines: dict[str, int] = {}
    for index, rule in enumerate(contents.rules):
        place = ("rules", index)
        if rule.name in {NO_RULE, NO_RULE_UNDETERMINED}:
            yield Problem((*place, "name"), f"`{rule.name}` is what the policy's own `{rule.name}` is called")
        if first_lines.setdefault(rule.name, index) != index:
            yield Problem(
                (*place, "name"), f"`{rule.name}` is the name of rules[{first_lines[rule.name]}] too"
            )
        yield from _language_problems((*place, "when", "language"), rule.when.language, contents.groups)
        for position, model in enumerate(rule.when.model):
            yield from _unserved((*place, "when", "model", position), model, contents.engines)


def _language_problems(place: Path, names: tuple[str, ...], groups: Groups) -> Iterator[Problem]:
    for position, name in enumerate(names):
        if name not in groups and not _is_tag(name):
            yield Problem((*place, position), f"not a BCP-47 tag, and {_unknown('group', name, groups)}")


def _route_problems(place: Path, route: Route | OtherModel, engines: Engines) -> Iterator[Problem]:
    if route.engine is not None and route.engine not in engines:
        yield Problem((*place, "engine"), _unknown("engine", route.engine, engines))
    elif route.model is not None:
        asked = engines if route.engine is None else {route.engine: engines[route.engine]}
        yield from _unserved((*place, "model"), route.model, asked)


def _size_problems(contents: PolicyContents) -> Iterator[Problem]:
    strategies: dict[Path, Strategy] = {
        ("default",): contents.default,
        ("undetermined",): contents.undetermined,
        **{("rules", index, "strategy"): rule.strategy for index, rule in enumerate(contents.rules)},
    }
    for place, strategy in strategies.items():
        if (drawn := answers_drawn(strategy)) > MOST_ANSWERS:
            yield Problem(place, f"draws up to {drawn} answers for one; {MOST_ANSWERS} are the most")


def _routes(part: object, place: Path) -> Iterator[tuple[Path, Route | OtherModel]]:
    """Every `Route` and other model within, however deeply nested in strategies."""
    if isinstance(part, Route | OtherModel):
        yield place, part
    elif isinstance(part, BaseModel):
        for name, value in part:
            yield from _routes(value, (*place, name))
    elif isinstance(part, tuple):
        for index, value in enumerate(part):
            yield from _routes(value, (*place, index))


def _unserved(place: Path, model: str, engines: Engines) -> Iterator[Problem]:
    """A problem if these engines say what they serve and the model is not among it."""
    served = [name for engine in engines.values() for name in engine.models]
    if model not in served and all(engine.models for engine in engines.values()):
        yield Problem(place, f"no engine in question serves `{model}`{suggestion(model, served)}")


def _duplicates(place: Path, names: Sequence[str]) -> Iterator[Problem]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(place, f"`{name}` is given more than once")


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    return f"no {what} is called `{name}`{suggestion(name, known)}"


def _is_tag(name: str) -> bool:
    try:
        policy_tag(name)
    except ValueError:
        return False
    return True
