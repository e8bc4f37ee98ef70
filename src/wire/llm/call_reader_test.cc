#include "gatehouse/wire/llm/call_reader.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "gatehouse/base/random.h"

namespace gatehouse::wire {
namespace {

using engine::CallForm;
using Kind = AnswerPart::Kind;

// Neighbours of one kind as one.
void join(std::vector<AnswerPart>& parts, const AnswerPart& part) {
  const bool joins = part.kind == Kind::text || part.kind == Kind::arguments;
  if (joins && !parts.empty() && parts.back().kind == part.kind)
    parts.back().text += part.text;
  else
    parts.push_back(part);
}

std::vector<AnswerPart> read(CallForm form, const std::vector<std::string>& pieces) {
  CallReader reader(form);
  std::vector<AnswerPart> out, joined;
  for (const std::string& piece : pieces) reader.push(piece, out);
  reader.finish(out);
  for (const AnswerPart& part : out) join(joined, part);
  return joined;
}

// At every byte, and once more a byte at a time: the same comes of it.
std::vector<AnswerPart> read(CallForm form, const std::string& text) {
  const std::vector<AnswerPart> whole = read(form, std::vector{text});
  for (std::size_t at = 0; at <= text.size(); ++at) EXPECT_EQ(read(form, {text.substr(0, at), text.substr(at)}), whole) << at;
  std::vector<std::string> bytes;
  for (const char byte : text) bytes.emplace_back(1, byte);
  EXPECT_EQ(read(form, bytes), whole);
  return whole;
}

// "text", "f({…})", and "f({" where the answer ends within a call.
std::vector<std::string> told(CallForm form, const std::string& text) {
  std::vector<std::string> out;
  for (const AnswerPart& part : read(form, text)) {
    if (part.kind == Kind::text) out.push_back(part.text);
    if (part.kind == Kind::call) out.push_back(part.text + "(");
    if (part.kind == Kind::arguments) out.back() += part.text;
    if (part.kind == Kind::call_end) out.back() += ")";
  }
  return out;
}

using Told = std::vector<std::string>;

TEST(CallReader, TellsCallsFromText) {
  const std::string call = "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Oslo\"}}\n</tool_call>";
  EXPECT_EQ(told(CallForm::tagged, call), (Told{R"(get_weather({"city": "Oslo"}))"}));
  EXPECT_EQ(told(CallForm::tagged, "Let me look.\n\n" + call + "\n" + call + "\n"),
            (Told{"Let me look.", R"(get_weather({"city": "Oslo"}))", R"(get_weather({"city": "Oslo"}))"}));
  EXPECT_EQ(told(CallForm::tagged, call + " Done."), (Told{R"(get_weather({"city": "Oslo"}))", " Done."}));
  EXPECT_EQ(told(CallForm::tagged, "Hello.\n"), Told{"Hello.\n"});
  EXPECT_EQ(told(CallForm::tagged, ""), Told{});
}

TEST(CallReader, FollowsArgumentsThroughStringsAndBrackets) {
  const std::string arguments = R"({"a":"} ] \" </tool_call> \\","b":[{"c":{}}],"d":"你好"})";
  EXPECT_EQ(told(CallForm::tagged, R"(<tool_call>{"name":"f","arguments":)" + arguments + "}</tool_call>"), Told{"f(" + arguments + ")"});
  EXPECT_EQ(told(CallForm::tagged, R"(<tool_call>{"name":"f","arguments":{}, "id": 7}</tool_call>)"), Told{"f({})"});
}

TEST(CallReader, GivesBackWhatOnlyBeganLikeACall) {
  for (const std::string text : {"a <tool", "a < b", "<tool_call>", "x\n<tool_call>\n{\"name\": \"f", "<tool_call>[]</tool_call>",
                                 "<tool_call>{\"name\":\"no name\"}", "<tool_call>{\"arguments\":{},\"name\":\"f\"}</tool_call>",
                                 "<tool_call>{\"name\":\"f\",\"arguments\":\"{}\"}</tool_call>", "<<tool_call <tool_<tool_calls>",
                                 "{\"name\":\"f\",\"arguments\":{}}"}) {
    EXPECT_EQ(told(CallForm::tagged, text), Told{text}) << text;
  }
  const std::string blanks = "<tool_call>" + std::string(600, ' ') + R"({"name":"f","arguments":{}})";
  EXPECT_EQ(told(CallForm::tagged, blanks), Told{blanks});
  EXPECT_EQ(told(CallForm::tagged, R"(<tool_call><tool_call>{"name":"f","arguments":{}}</tool_call>)"), (Told{"<tool_call>", "f({})"}));
}

TEST(CallReader, ACallThatIsCutIsStillOne) {
  EXPECT_EQ(told(CallForm::tagged, R"(<tool_call>{"name":"f","arguments":{"a":[1,)"), Told{R"(f({"a":[1,))"});
  EXPECT_EQ(told(CallForm::tagged, R"(<tool_call>{"name":"f","arguments":{}}</tool)"), Told{"f({})"});
}

TEST(CallReader, ABareCallIsTheWholeAnswer) {
  EXPECT_EQ(told(CallForm::bare, R"( {"name": "f", "parameters": {"a": 1}})"), Told{R"(f({"a": 1}))"});
  EXPECT_EQ(told(CallForm::bare, R"({"name": "f", "parameters": {}}; more)"), Told{"f({})"});
  for (const std::string text :
       {R"(Sure: {"name":"f","parameters":{}})", R"({"city":"Oslo"})", R"( {"name":"f","arguments":{}})", "{", "  "})
    EXPECT_EQ(told(CallForm::bare, text), Told{text}) << text;
}

TEST(CallReader, ReadsAListOfCalls) {
  const std::string one = R"({"name": "f", "arguments": {"a": "] }"}})", other = R"({"name":"g","arguments":{},"id":"a1}]b2"})";
  EXPECT_EQ(told(CallForm::listed, "[TOOL_CALLS] [" + one + "]"), Told{R"(f({"a": "] }"}))"});
  EXPECT_EQ(told(CallForm::listed, "Wait. [TOOL_CALLS][" + other + " ,\n" + one + "]\n"), (Told{"Wait.", "g({})", R"(f({"a": "] }"}))"}));
  EXPECT_EQ(told(CallForm::listed, "[TOOL_CALLS][" + one + "] Done."), (Told{R"(f({"a": "] }"}))", " Done."}));
  EXPECT_EQ(told(CallForm::listed, "[TOOL_CALLS][" + one + ", so"), (Told{R"(f({"a": "] }"}))", " so"})) << "no other call begins";
  EXPECT_EQ(told(CallForm::listed, "[TOOL_CALLS][" + one + "[TOOL_CALLS][" + other + "]"), (Told{R"(f({"a": "] }"}))", "g({})"}));
  EXPECT_EQ(told(CallForm::listed, "[TOOL_CALLS][" + one + "," + R"({"name":"g","arguments":{"b")"),
            (Told{R"(f({"a": "] }"}))", R"(g({"b"))"}));
  for (const std::string text : {"[TOOL_CALLS]", "[TOOL_CALLS] []", "[TOOL", "[1] [TOOL_CALLS][{\"name\":\"f\"}]", "[TOOL_CALLS]{}"})
    EXPECT_EQ(told(CallForm::listed, text), Told{text}) << text;
}

TEST(CallReader, ReadsNamedCalls) {
  EXPECT_EQ(told(CallForm::named, R"([TOOL_CALLS]f[ARGS]{"a": "}"})"), Told{R"(f({"a": "}"}))"});
  EXPECT_EQ(told(CallForm::named, R"(So: [TOOL_CALLS]f[CALL_ID]x1y2[ARGS]{}[TOOL_CALLS]g-2[ARGS] {"b":[]} Done.)"),
            (Told{"So:", "f({})", R"(g-2({"b":[]}))", " Done."}));
  EXPECT_EQ(told(CallForm::named, R"([TOOL_CALLS]f[ARGS]{"a)"), Told{R"(f({"a))"});
  for (const std::string text : {"[TOOL_CALLS]f", "[TOOL_CALLS]f[CALL_ID]", "[TOOL_CALLS]f[CALL_ID]x y[ARGS]{}", "[TOOL_CALLS]f[ARGS]",
                                 "[TOOL_CALLS][ARGS]{}", "[TOOL_CALLS]a b[ARGS]{}", "[TOOL_CALLS]f[ARG]{}", "f[ARGS]{}"})
    EXPECT_EQ(told(CallForm::named, text), Told{text}) << text;
}

TEST(CallReader, ShowsNothingOfAMarkBeforeItIsKnownToBeNone) {
  CallReader reader(CallForm::tagged);
  std::vector<AnswerPart> out;
  reader.push("Hi \n<tool_cal", out);
  EXPECT_EQ(out, (std::vector{AnswerPart{Kind::text, "Hi"}}));
  EXPECT_TRUE(reader.holds());
  reader.push("m", out);
  EXPECT_EQ(out.back().text, "Hi \n<tool_calm");
  EXPECT_FALSE(reader.holds());
}

// Pieces of marks, in any order and cut anywhere, give what the whole gives, and nothing of it is lost but around calls.
TEST(CallReader, IsTheSameHoweverItIsCut) {
  const std::vector<std::string> words{"<tool_call>",
                                       "</tool_call>",
                                       "<tool",
                                       "_call>",
                                       "\n",
                                       " ",
                                       "{",
                                       "}",
                                       "\"name\"",
                                       ":",
                                       ",",
                                       "\"f\"",
                                       "\"arguments\"",
                                       "\"parameters\"",
                                       "[",
                                       "]",
                                       "\\",
                                       "\"",
                                       "x",
                                       "{\"name\":\"f\",\"arguments\":{",
                                       "}}</tool_call>",
                                       "[TOOL_CALLS]",
                                       "[ARGS]",
                                       "[CALL_ID]",
                                       "[{\"name\":\"f\",\"arguments\":{"};
  SeededRandom dice(7);
  for (int round = 0; round < 3000; ++round) {
    const CallForm form = std::array{CallForm::bare, CallForm::tagged, CallForm::listed, CallForm::named}[round % 4];
    std::string text;
    for (std::uint64_t i = dice.next_u64() % 14; i > 0; --i) text += words[dice.next_u64() % words.size()];
    std::vector<std::string> pieces;
    for (std::string_view rest = text; !rest.empty();) {
      const std::size_t taken = 1 + dice.next_u64() % 6;
      pieces.emplace_back(rest.substr(0, taken));
      rest.remove_prefix(pieces.back().size());
    }
    const std::vector<AnswerPart> whole = read(form, std::vector{text});
    ASSERT_EQ(read(form, pieces), whole) << text;
    bool called = false;
    std::string shown;
    for (const AnswerPart& part : whole) {
      called = called || part.kind == Kind::call;
      shown += part.text;
    }
    if (!called) {
      ASSERT_EQ(shown, text);
    }
  }
}

TEST(ToolName, IsShortAndPlain) {
  for (const char* name : {"f", "get_weather-2", "A"}) EXPECT_TRUE(is_tool_name(name)) << name;
  for (const char* name : {"", "a b", "a.b", "é", "\"", "<|im_end|>"}) EXPECT_FALSE(is_tool_name(name)) << name;
  EXPECT_TRUE(is_tool_name(std::string(64, 'a')));
  EXPECT_FALSE(is_tool_name(std::string(65, 'a')));
}

}  // namespace
}  // namespace gatehouse::wire
