"""The content of the Korean pack: its sentences, lines and cards, without the recogniser."""

import re
from collections.abc import Mapping

import pytest

from voice.asr.words import words_of
from voice.moments.moment import Moment
from voice.moments.registry import MOMENTS
from voice.nlu.contexts import ANYTIME, SCENE, asked
from voice.nlu.intent import Intent
from voice.nlu.matcher import match
from voice.nlu.sentences import Scope, load_sentences
from voice.packs.pack import STOP
from voice.storage.paths import data_folder
from voice.storage.yaml_file import read

FOLDER = data_folder("intents") / "ko"
ENGLISH = data_folder("intents") / "en"
SENTENCES = load_sentences(FOLDER)
OPEN = re.compile(r"무엇|무슨|어떤|어떻게|언제|어디|누구|어느")

# Typed as the pack spaces words: endings apart where the recogniser's vocabulary has no whole word.
UNDERSTOOD = {
    "Pause": ("숨 좀 쉬자", "우리 잠깐 쉬고 싶어", "우리 같이 심호흡 하자", "숨 쉬게 도와줘", "호흡 운동 시작해 줘"),
    "Question": (
        "질문 하나 줘",
        "우리한테 다른 질문 해줘",
        "우리 오늘 무슨 얘기 할까",
        "오늘 의 질문 뭐야",
        "뭐 하나 물어봐 줘",
    ),
    "Gratitude": (
        "우리 감사 나누자",
        "감사 시간 시작해 줘",
        "고마운 일 나누자",
        "오늘 고마운 마음 을 나누고 싶어요",
        "같이 고마웠 던 일 말하자",
    ),
    "Repeat": (
        "다시 말해줘",
        "한 번 더 들려 줘",
        "질문 이 뭐 였지",
        "못 들었어 다시 말해줘",
        "그거 다시 한번 말해 주세요",
    ),
    "Help": (
        "너 뭘 할 수 있어",
        "사용법 알려줘",
        "우리 가 무슨 말을 할 수 있어요",
        "도움말 좀 들려 주세요",
        "널 어떻게 쓰면 돼",
    ),
}
IN_A_SCENE = {"Stop": ("그만", "이 제 그만해", "멈춰 줘", "조용히 해 주세요", "취소 할래", "됐어요")}
ANSWERS: dict[str, dict[str, tuple[str, ...]]] = {
    "ritual.ready": {
        "Agree": ("네", "응 좋아", "그래요", "지금 괜찮아 요", "네 준비 됐어요"),
        "NotNow": ("아니요", "지금 은 안 돼", "나중에 할게", "너무 피곤해"),
        "NotTonight": ("오늘 은 피곤해", "내일 하자", "아니 오늘 은 말고", "오늘 은 그냥 쉬자"),
        "Snooze": (
            "십삼 분 뒤에 다시 물어봐 줘",
            "사십칠 분 뒤에",
            "한 시간 반 뒤에",
            "조금 뒤에 하자",
            "나중에 다시 물어봐 줘",
            "잠시 뒤에 다시 불러 줘",
        ),
    },
    "question.talk": {
        "Another": ("다른 질문 줘", "하나 더", "다음 질문", "질문 하나 더 해줘"),
        "Repeat": ("질문 이 뭐 였지", "다시 말해줘", "질문 다시 들려 줘"),
        "Skip": ("패스", "이 질문 은 넘어가 자", "이거 말고"),
        "Keep": ("이 질문 간직해 줘", "이거 저장해 줘", "이 질문 마음 에 들어"),
    },
    "help.topic": {
        "Topic": ("이야기 나누기", "호흡 알려줘", "감사", "저녁 시간 알려 줘", "목소리 말해줘"),
        "Decline": ("아니요 괜찮아요", "없어요", "괜찮아"),
    },
    "gratitude.turn": {"Skip": ("패스", "난 넘어갈 게", "나 는 통과 할래", "그냥 넘어가 줘", "다음 사람")},
}
EVERYDAY = (
    "나 좀 쉬게 해줘",
    "쉬고 싶어",
    "숨 쉴 시간 좀 줘",
    "뭐라고",
    "뭐라고 하면 돼",
    "그만 좀 해",
    "오늘 저녁 뭐 먹을까",
    "설거지 좀 도와줘",
    "이거 좀 들어줘",
    "물 한 잔 줘",
    "하나 더 줘",
    "좋은 질문 이네요",
    "엄마 한테 물어봐",
    "내일 몇 시 에 나가",
    "우리 산책 하자",
    "세탁기 시작해 줘",
    "나 한테 화났 어",
    "고마워",
    "오늘 정말 힘들었 어",
    "쉬는 시간 이 몇 분 이야",
    "다음 주 에 얘기하 자",
    "영화 다시 보자",
)


def _cases() -> list[tuple[str, str, Scope]]:
    anytime, scene = SENTENCES.scope(ANYTIME), SENTENCES.scope(SCENE)
    cases = [(intent, text, anytime) for intent, texts in UNDERSTOOD.items() for text in texts]
    cases += [(intent, text, scene) for intent, texts in IN_A_SCENE.items() for text in texts]
    for name, answers in ANSWERS.items():
        scope = SENTENCES.scope(SCENE, asked(name))
        cases += [(intent, text, scope) for intent, texts in answers.items() for text in texts]
    return cases


def _spoken() -> list[str]:
    groups: Mapping[str, Mapping[str, str | list[str]]] = read(FOLDER / "responses.yaml").data
    lines = [text for group in groups.values() for text in group.values()]
    texts = [text for line in lines for text in (line if isinstance(line, list) else [line])]
    return texts + [card["text"] for card in read(FOLDER / "decks" / "questions.yaml").data["cards"]]


@pytest.mark.parametrize(
    ("intent", "text", "scope"), _cases(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_natural_sentences_are_understood(intent: str, text: str, scope: Scope) -> None:
    """Natural requests have the intended meaning."""
    found = match(text, scope)
    assert found is not None
    assert found.name == intent


@pytest.mark.parametrize("text", EVERYDAY)
def test_everyday_talk_is_ignored(text: str) -> None:
    """Talk between two people starts nothing."""
    assert match(text, SENTENCES.scope(ANYTIME)) is None


def _served() -> list[Moment]:
    names = [*SENTENCES.intents(ANYTIME), *SENTENCES.intents(SCENE)]
    return [MOMENTS[Intent(name).moment] for name in names]


def test_its_questions_are_answered_as_in_english() -> None:
    """Every question has answers that English has too, and the pack has exactly the lines it needs."""
    english = load_sentences(ENGLISH)
    asks = {asked(ask.name) for moment in _served() for ask in moment.asks}
    assert SENTENCES.contexts == asks | {ANYTIME, SCENE}
    assert [ask for ask in asks if not SENTENCES.intents(ask).keys() <= english.intents(ask).keys()] == []
    lines = read(FOLDER / "responses.yaml").data
    keys = {f"{group}.{name}" for group, texts in lines.items() for name in texts}
    assert keys == {key for moment in _served() for key in moment.needs.fields}


@pytest.mark.parametrize("context", sorted(SENTENCES.contexts))
def test_no_sentence_has_two_meanings(context: str) -> None:
    """Every sentence has one meaning at a time."""
    assert SENTENCES.scope(context, *({SCENE} if context != ANYTIME else ())).graph.ambiguous() is None


@pytest.mark.parametrize("context", sorted(SENTENCES.contexts))
def test_spaces_do_not_change_the_meaning(context: str) -> None:
    """Sentences that differ only in spaces have the same meaning."""
    meanings: dict[str, frozenset[str]] = {}
    for words, intents in SENTENCES.scope(context, *({SCENE} if context != ANYTIME else ())).graph.sentences():
        assert meanings.setdefault("".join(words), intents) == intents, words


@pytest.mark.parametrize("text", _spoken())
def test_no_reply_stops_the_assistant(text: str) -> None:
    """No line or card has a phrase of the stop set, with any spacing."""
    sentences = SENTENCES.scope(SCENE).graph.sentences()
    stops = {"".join(words) for words, tags in sentences if STOP in tags}
    words = words_of(text)
    runs = {"".join(words[start:end]) for start in range(len(words)) for end in range(start + 1, len(words) + 1)}
    assert not runs & stops


def test_its_cards_are_forty_open_questions() -> None:
    """There are forty different cards with question words, in the categories of the English deck."""
    cards = read(FOLDER / "decks" / "questions.yaml").data["cards"]
    english = read(ENGLISH / "decks" / "questions.yaml").data["cards"]
    assert len({card["text"] for card in cards}) == len(cards) == 40
    assert {card["category"] for card in cards} == {card["category"] for card in english}
    assert {card["depth"] for card in cards} == {"light", "deep"}
    assert [card["text"] for card in cards if not (OPEN.search(card["text"]) and card["text"].endswith("?"))] == []


def test_its_examples_are_understood() -> None:
    """The suggestions of the help are understood."""
    lines = read(FOLDER / "responses.yaml").data["help"]
    examples = [line.split(", 라고")[0].split(", ")[-1].format(call="") for line in lines.values() if ", 라고" in line]
    assert len(examples) == 4
    for example in examples:
        found = match(example, SENTENCES.scope(ANYTIME))
        assert found is not None, example
