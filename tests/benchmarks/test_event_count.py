import json

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.event_count import EventCount

texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]))
tricky = ('data: {"a": 1}', "\n\ndata: {", "نص data: {", "[DONE]", "नमस्ते 👩🏽‍🚀")
tricky_texts = texts | st.sampled_from(tricky)


@given(st.lists(tricky_texts), st.data())
def test_events_are_counted_once_however_the_body_is_cut(said: list[str], data: st.DataObject) -> None:
    events = [f"data: {json.dumps({'text': text}, ensure_ascii=False)}\n\n" for text in said]
    body = ("".join(events) + "data: [DONE]\n\n").encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)))))
    count = EventCount()
    for begin, end in zip([0, *cuts], [*cuts, len(body)], strict=True):
        count.add(body[begin:end])
    assert count.events == sum(event.count("data: {") for event in events)
    assert count.is_done
    assert count.tail == body[-2048:]
