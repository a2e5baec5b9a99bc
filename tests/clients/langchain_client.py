"""Runs LangChain with its package for OpenAI: https://pypi.org/project/langchain-openai/."""

from check import check, end, model, scripted, vectors_alike
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAI, OpenAIEmbeddings
from pydantic import BaseModel, Field

chat = ChatOpenAI(model=model, max_tokens=32)
# Texts of one request for embeddings.
TEXTS = 300


@check
def _():
    """chats"""
    answer = ChatOpenAI(model=model, max_tokens=32_000, temperature=0).invoke("Say hello.")
    assert answer.content.strip() != ""
    assert answer.response_metadata["finish_reason"] == "stop"
    assert answer.usage_metadata["output_tokens"] > 0


@check
def _():
    """streams"""
    pieces = [chunk.content for chunk in chat.stream("Name three primes.")]
    assert len([piece for piece in pieces if piece]) > 1


@check
def _():
    """asks several prompts as a batch"""
    answers = chat.batch(["Name a prime.", "Name a river.", "Name a town."])
    assert all(answer.content for answer in answers)


@tool
def weather(city: str) -> str:
    """Tells the weather in a city."""
    return f"It rains in {city}."


@check
def _():
    """runs a whole session of tools"""
    bound = ChatOpenAI(model=scripted).bind_tools([weather])
    messages = [HumanMessage('call weather {"city":"Oslo"}\ncall weather {"city":"Bern"}')]
    while (answer := bound.invoke(messages)).tool_calls:
        messages += [answer, *(weather.invoke(call) for call in answer.tool_calls)]
    assert [type(one) for one in messages].count(ToolMessage) == 2
    assert answer.content == "The last of 2 calls gave: It rains in Bern."


class Person(BaseModel):
    """A person."""

    age: int = Field(ge=18, le=99)
    code: str = Field(pattern=r"^[A-Z]{2}-[0-9]{3}$")


for method in ["json_schema", "function_calling", "json_mode"]:

    def structured(method=method):
        asked = "Make up a person: age, and a code such as AB-123. Answer with JSON."
        shape = dict if method == "json_mode" else Person
        bound = ChatOpenAI(model=model, max_tokens=128, temperature=0)
        answer = bound.with_structured_output(None if shape is dict else Person, method=method).invoke(asked)
        assert isinstance(answer, shape), answer

    structured.__doc__ = f"gives structured output by {method}"
    check(structured)


@check
def _():
    """embeds 300 texts, as texts"""
    # By default it sends tokens of OpenAI's own models, which name nothing to another model.
    embeddings = OpenAIEmbeddings(model=model, check_embedding_ctx_length=False)
    vectors = embeddings.embed_documents([f"text {at}" for at in range(TEXTS)])
    assert len(vectors) == TEXTS
    assert vectors_alike(vectors[0], embeddings.embed_query("text 0")) > 0.99


@check
def _():
    """continues several texts as a batch"""
    texts = OpenAI(model=model, max_tokens=4).batch(["Once upon a", "The capital of"])
    assert len(texts) == 2 and all(texts)


@check
def _():
    """gets an error that says what is wrong"""
    try:
        ChatOpenAI(model="gpt-4o").invoke("Name three primes.")
        raise AssertionError("not refused")
    except Exception as error:
        assert "gpt-4o" in str(error) and "404" in str(error), error


end()
