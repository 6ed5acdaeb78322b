"""Asks one question in several languages through the gateway, and shows what it did about each.

    DRAGOMAN_API_KEY=... python examples/chat.py [--url http://127.0.0.1:8000] [--model smollm2-135m-instruct]

Needs the package `openai` alone.
"""

import argparse
import os

from openai import OpenAI

QUESTIONS = [
    "What is the capital of Italy?",
    "¿Cuál es la capital de Italia?",
    "Mji mkuu wa Italia ni upi?",
    "इटली की राजधानी क्या है?",
    "italy ki rajdhani kya hai?",
    "ما هي عاصمة إيطاليا؟",
    "イタリアの首都はどこですか。",
    "เมืองหลวงของอิตาลีคือเมืองอะไร",
]


def main() -> None:
    """Streams each answer as it comes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="where the gateway listens")
    parser.add_argument("--model", default="smollm2-135m-instruct", help="the model to ask")
    options = parser.parse_args()
    key = os.environ.get("DRAGOMAN_API_KEY") or parser.error("set DRAGOMAN_API_KEY to the key of the gateway")
    client = OpenAI(base_url=f"{options.url}/v1", api_key=key)
    for question in QUESTIONS:
        ask(client, options.model, question)


def ask(client: OpenAI, model: str, question: str) -> None:
    """One question: the answer's text, then the gateway's account of it."""
    print(f"\n> {question}")
    stream = client.chat.completions.create(
        model=model,
        messages=[{"role": "user", "content": question}],
        max_tokens=40,
        stream=True,
        extra_body={"dragoman": {"explain": True}},
    )
    told = {}
    for chunk in stream:
        told = (chunk.model_extra or {}).get("dragoman", told)
        for choice in chunk.choices:
            print(choice.delta.content or "", end="", flush=True)
    calls = ", ".join(f"{call['purpose']} on {call['engine']}" for call in told["engine_calls"])
    print(f"\n[{told['language']} at {told['confidence']:.2f}; {told['strategy']['kind']}; {calls}]")


if __name__ == "__main__":
    main()
