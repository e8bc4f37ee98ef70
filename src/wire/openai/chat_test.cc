#include "gatehouse/wire/openai/chat.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gatehouse/wire/json/document.h"

namespace gatehouse::wire {
namespace {

Result<ChatRequest> read_chat(std::string_view json) {
  JsonParser parser;
  return read_chat_request(parser.parse(json).value());
}

// With one message, and these members beside it.
std::string body(std::string_view members) {
  return R"({"model":"m","messages":[{"role":"user","content":"hi"}])" + std::string(members.empty() ? "" : ",") + std::string(members) +
         "}";
}

std::vector<std::string> paths(const Error& error) {
  std::vector<std::string> out;
  for (const FieldFault& fault : error.faults()) out.push_back(fault.path);
  return out;
}

TEST(ChatRequest, ReadsWhatTheOfficialClientsSend) {
  const auto request = read_chat(
      R"({"messages":[{"role":"developer","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"你好"},)"
      R"({"type":"text","text":"!"}],"name":"eve"},{"role":"assistant","content":null,"refusal":null,"annotations":[],)"
      R"("audio":null,"function_call":null,"tool_calls":null},{"role":"user","content":"and?"}],"model":"smollm2",)"
      R"("max_completion_tokens":64,"temperature":0,"top_p":0.9,"seed":-1,"stop":["\n","END"],"stream":true,)"
      R"("stream_options":{"include_usage":true,"include_obfuscation":false},"n":1,"logit_bias":{},"tools":[],"tool_choice":"none",)"
      R"("response_format":{"type":"text"},"user":"u","metadata":{"a":"b"},"store":false,"safety_identifier":"s",)"
      R"("prompt_cache_key":"k","service_tier":"auto","parallel_tool_calls":true,"reasoning_effort":"low","verbosity":"low",)"
      R"("prediction":null,"modalities":["text"],"top_k":40,"min_p":0.05})");
  ASSERT_TRUE(request.ok()) << request.error().describe();
  ASSERT_EQ(request->messages.size(), 4U);
  EXPECT_EQ(request->messages[0].role, ChatRole::developer);
  EXPECT_EQ(request->messages[1].text(), "你好\n!");
  EXPECT_EQ(request->messages[1].name, "eve");
  EXPECT_FALSE(request->messages[2].content.has_value());
  EXPECT_EQ(request->model, "smollm2");
  EXPECT_EQ(request->token_limit(), 64U);
  EXPECT_EQ(request->temperature, 0.0);
  EXPECT_EQ(request->top_p, 0.9);
  EXPECT_EQ(sampler_seed(request->seed), std::nullopt);
  EXPECT_EQ(request->stop.strings, (std::vector<std::string>{"\n", "END"}));
  EXPECT_TRUE(request->stream);
  EXPECT_TRUE(request->include_usage());
  EXPECT_EQ(sampler_top_k(request->top_k), 40U);
  EXPECT_EQ(request->tools_field(), "");
}

TEST(ChatRequest, NullIsAsGoodAsAbsent) {
  const auto request = read_chat(body(
      R"("max_tokens":null,"max_completion_tokens":null,"temperature":null,"top_p":null,"top_k":null,"min_p":null,"seed":null,"stop":null,)"
      R"("stream":null,"stream_options":null,"n":null,"logprobs":null,"top_logprobs":null,"tools":null,"tool_choice":null,)"
      R"("response_format":null,"frequency_penalty":null,"presence_penalty":null,"logit_bias":null,"user":null,"metadata":null)"));
  ASSERT_TRUE(request.ok()) << request.error().describe();
  EXPECT_EQ(request->temperature, 1.0);
  EXPECT_EQ(request->token_limit(), std::nullopt);
  EXPECT_EQ(request->seed, std::nullopt);
  EXPECT_FALSE(request->stream);
  EXPECT_EQ(request->tools_field(), "");
}

TEST(ChatRequest, NamesEveryBadFieldAtOnce) {
  const auto request = read_chat(
      R"({"messages":[{"role":"wizard","content":"x"},{"role":"user"},{"role":"user","content":[{"type":"image_url","text":1}]}],)"
      R"("temperature":2.5,"max_tokens":0,"n":"1","stop":[1,""],"stream":1,"temprature":1,"model":""})");
  ASSERT_FALSE(request.ok());
  EXPECT_EQ(paths(request.error()),
            (std::vector<std::string>{"/messages/0/role", "/messages/1/content", "/messages/2/content/0/type", "/messages/2/content/0/text",
                                      "/temperature", "/max_tokens", "/n", "/stop/0", "/stop/1", "/stream", "/temprature", "/model"}));
  EXPECT_EQ(request.error().param(), "messages[0].role");
  EXPECT_NE(request.error().public_text().find("temprature is not a known field (the nearest known field is 'temperature')"),
            std::string::npos);
}

TEST(ChatRequest, ContentMayBeMissingOnlyForTheAssistant) {
  EXPECT_TRUE(read_chat(R"({"messages":[{"role":"assistant"}]})").ok());
  for (const std::string_view role : {"system", "developer", "user"}) {
    for (const std::string_view content : {"", R"(,"content":null)"}) {
      const auto request = read_chat(R"({"messages":[{"role":")" + std::string(role) + "\"" + std::string(content) + "}]}");
      ASSERT_FALSE(request.ok()) << role;
      EXPECT_EQ(paths(request.error()), std::vector<std::string>{"/messages/0/content"});
    }
  }
  EXPECT_FALSE(read_chat(R"({"messages":[{"role":"user","content":[]}]})").ok());
  EXPECT_FALSE(read_chat(R"({"messages":[]})").ok());
  EXPECT_FALSE(read_chat(R"({"messages":{}})").ok());
  EXPECT_FALSE(read_chat(R"({})").ok());
}

TEST(ChatRequest, StopIsAStringOrUpToFour) {
  EXPECT_EQ(read_chat(body(R"("stop":"x")"))->stop.strings, std::vector<std::string>{"x"});
  EXPECT_EQ(read_chat(body(R"("stop":[])"))->stop.strings.size(), 0U);
  EXPECT_EQ(read_chat(body(R"("stop":["a","b","c","d"])"))->stop.strings.size(), 4U);
  for (const std::string_view bad : {R"("")", R"(["a","b","c","d","e"])", "1", "{}", "true", "[null]"}) {
    EXPECT_FALSE(read_chat(body("\"stop\":" + std::string(bad))).ok()) << bad;
  }
}

TEST(ChatRequest, StreamOptionsNeedAStream) {
  const auto request = read_chat(body(R"("stream_options":{"include_usage":true})"));
  ASSERT_FALSE(request.ok());
  EXPECT_EQ(request.error().param(), "stream_options");
  EXPECT_TRUE(read_chat(body(R"("stream":true,"stream_options":{})")).ok());
}

TEST(ChatRequest, TopLogprobsNeedLogprobs) {
  for (const std::string_view bad :
       {R"("top_logprobs":1)", R"("top_logprobs":1,"logprobs":false)", R"("top_logprobs":1,"logprobs":null)"}) {
    const auto request = read_chat(body(bad));
    ASSERT_FALSE(request.ok()) << bad;
    EXPECT_EQ(request.error().param(), "top_logprobs");
  }
  const auto request = read_chat(body(R"("logprobs":true,"top_logprobs":20)"));
  ASSERT_TRUE(request.ok());
  EXPECT_TRUE(request->logprobs);
  EXPECT_EQ(request->top_logprobs, 20U);
  EXPECT_TRUE(read_chat(body(R"("logprobs":true)")).ok());
  EXPECT_FALSE(read_chat(body(R"("logprobs":true,"top_logprobs":21)")).ok());
}

TEST(ChatRequest, TheTwoNamesOfTheTokenLimitMustAgree) {
  EXPECT_EQ(read_chat(body(R"("max_tokens":5)"))->token_limit(), 5U);
  EXPECT_EQ(read_chat(body(R"("max_tokens":5,"max_completion_tokens":5)"))->token_limit(), 5U);
  EXPECT_FALSE(read_chat(body(R"("max_tokens":5,"max_completion_tokens":6)")).ok());
}

TEST(ChatRequest, SeedKeepsAllItsBits) {
  EXPECT_EQ(sampler_seed(read_chat(body(R"("seed":9007199254740993)"))->seed), 9007199254740993U);
  EXPECT_EQ(sampler_seed(read_chat(body(R"("seed":-2)"))->seed), 18446744073709551614U);
  EXPECT_EQ(sampler_seed(read_chat(body(R"("seed":0)"))->seed), 0U);
  EXPECT_FALSE(read_chat(body(R"("seed":18446744073709551615)")).ok());
}

TEST(ChatRequest, ReadsPenaltiesAndBiases) {
  const auto request =
      read_chat(body(R"("frequency_penalty":-2,"presence_penalty":1.5,"logit_bias":{"0":100,"50256":-100,"999999999":0.25})"));
  ASSERT_TRUE(request.ok()) << request.error().describe();
  EXPECT_EQ(request->frequency_penalty, -2.0);
  EXPECT_EQ(request->presence_penalty, 1.5);
  EXPECT_EQ(request->logit_bias.tokens, (std::vector<engine::TokenBias>{{0, 100.0F}, {50256, -100.0F}, {999'999'999, 0.25F}}));
  for (const std::string_view bad : {R"("frequency_penalty":2.1)", R"("presence_penalty":-2.1)"})
    EXPECT_FALSE(read_chat(body(bad)).ok()) << bad;
}

TEST(ChatRequest, ABiasIsForATokenId) {
  for (const std::string_view name : {"", "-1", "+1", "01", "1.0", "1e2", " 1", "1 ", "1\\n", "0x1", "1234567890", "the"}) {
    const auto request = read_chat(body(R"("logit_bias":{")" + std::string(name) + R"(":1})"));
    ASSERT_FALSE(request.ok()) << name;
    ASSERT_EQ(request.error().faults().size(), 1U);
    EXPECT_TRUE(request.error().faults().front().path.starts_with("/logit_bias/")) << name;
  }
  const auto request = read_chat(body(R"("logit_bias":{"1":100.5,"2":"3","x":0})"));
  ASSERT_FALSE(request.ok());
  EXPECT_EQ(paths(request.error()), (std::vector<std::string>{"/logit_bias/1", "/logit_bias/2", "/logit_bias/x"}));
}

TEST(ChatRequest, BiasesAreAtMostThreeHundred) {
  const auto with = [](std::size_t count) {
    std::string members;
    for (std::size_t i = 0; i < count; ++i) members += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":1";
    return read_chat(body("\"logit_bias\":{" + members + "}"));
  };
  ASSERT_TRUE(with(300).ok());
  EXPECT_EQ(with(300)->logit_bias.tokens.size(), 300U);
  EXPECT_FALSE(with(301).ok());
}

struct Refused {
  std::string_view members, param;
};

TEST(ChatRequest, SaysWhichSchemaItsAnswerKeepsTo) {
  const auto schema = [](const std::string& format) { return read_chat(body("\"response_format\":" + format))->response_format.schema(); };
  EXPECT_EQ(schema(R"({"type":"text"})"), "");
  EXPECT_EQ(schema(R"({"type":"text","json_schema":{"name":"x","schema":{"type":"null"}}})"), "");
  EXPECT_EQ(schema(R"({"type":"json_object"})"), R"({"type":"object"})");
  EXPECT_EQ(schema(R"({"type":"json_schema","json_schema":{"name":"x","strict":true,"schema":{"type":"null","x":[1, 2.5]}}})"),
            R"({"type":"null","x":[1,2.5]})");
  EXPECT_EQ(schema(R"({"type":"json_schema","json_schema":{"name":"x","schema":true}})"), "true");
  EXPECT_EQ(schema(R"({"type":"json_schema","json_schema":{"name":"x"}})"), R"({"type":"object"})");
  for (const char* wrong :
       {R"({"type":"json_schema"})", R"({"type":"json_schema","json_schema":null})", R"({"type":"json_schema","json_schema":{}})",
        R"({"type":"json_schema","json_schema":{"name":"x","schema":[]}})", R"({"type":"xml"})", R"({})", R"("json_object")"}) {
    EXPECT_FALSE(read_chat(body("\"response_format\":" + std::string(wrong))).ok()) << wrong;
  }
  const std::string large =
      R"({"type":"json_schema","json_schema":{"name":"x","schema":{"title":")" + std::string(256UL * 1024, 't') + "\"}}}";
  EXPECT_FALSE(read_chat(body("\"response_format\":" + large)).ok());
}

constexpr std::string_view one_function = R"("tools":[{"type":"function","function":{"name":"f"}}])";

TEST(ChatRequest, SaysWhichFieldBringsTools) {
  const std::string tools(one_function);
  const std::vector<std::pair<std::string, std::string_view>> table{
      {tools, "tools"},
      {tools + R"(,"tool_choice":"auto")", "tools"},
      {tools + R"(,"tool_choice":"required")", "tools"},
      {tools + R"(,"tool_choice":{"type":"function","function":{"name":"f"}})", "tools"},
      {tools + R"(,"tool_choice":"none")", ""},
      {R"("tools":[],"tool_choice":"auto")", ""},
      {"", ""},
  };
  for (const auto& [members, field] : table) {
    const auto request = read_chat(body(members));
    ASSERT_TRUE(request.ok()) << members << request.error().describe();
    EXPECT_EQ(request->tools_field(), field) << members;
    EXPECT_EQ(request->functions_field(), "") << members;
  }
}

TEST(ChatRequest, ReadsToolsAndWhatCameOfThem) {
  const auto request = read_chat(
      R"({"messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[)"
      R"({"id":"c1","type":"function","function":{"name":"f","arguments":" {\"a\": [1, 2.5]} "}},)"
      R"({"id":"c2","type":"function","function":{"name":"g","arguments":""}}]},)"
      R"({"role":"tool","tool_call_id":"c2","content":[{"type":"text","text":"fine"}]}],"parallel_tool_calls":false,)"
      R"("tools":[{"type":"function","function":{"name":"f","description":"does","parameters":{"type":"object","properties":{}},"strict":true}}],)"
      R"("tool_choice":{"type":"function","function":{"name":"f"}}})");
  ASSERT_TRUE(request.ok()) << request.error().describe();
  EXPECT_EQ(request->tools_field(), "messages[1].tool_calls");
  ASSERT_EQ(request->messages[1].tool_calls.size(), 2U);
  EXPECT_EQ(request->messages[1].tool_calls[0].function.arguments.json, R"({"a":[1,2.5]})");
  EXPECT_EQ(request->messages[1].tool_calls[1].function.arguments.json, "{}");
  EXPECT_EQ(request->messages[2].tool_call_id, "c2");
  EXPECT_FALSE(request->parallel_tool_calls);
  EXPECT_TRUE(request->tool_choice.demands_tool);
  EXPECT_EQ(request->tool_choice.name, "f");
  const FunctionSpec& f = request->tools.front().function;
  EXPECT_EQ(f.description, "does");
  EXPECT_EQ(f.parameters.json, R"({"type":"object","properties":{}})");
  EXPECT_TRUE(f.strict);
}

TEST(ChatRequest, RefusesToolsThatAreNone) {
  const auto tools = [](std::string_view function) { return R"("tools":[{"type":"function","function":)" + std::string(function) + "}]"; };
  const std::vector<std::pair<std::string, std::string>> table{
      {tools(R"({"name":"a b"})"), "/tools/0/function/name"},
      {tools(R"({"name":")" + std::string(65, 'x') + R"("})"), "/tools/0/function/name"},
      {tools(R"({"name":7})"), "/tools/0/function/name"},
      {tools(R"({"description":"x"})"), "/tools/0/function/name"},
      {tools(R"({"name":"f","parameters":{"type":"array"}})"), "/tools/0/function/parameters/type"},
      {tools(R"({"name":"f","parameters":[]})"), "/tools/0/function/parameters"},
      {R"("tools":[{"type":"custom","function":{"name":"f"}}])", "/tools/0/type"},
      {R"("tools":[{"type":"function"}])", "/tools/0/function"},
      {R"("tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"f"}}])", "/tools/1/function/name"},
      {R"("tool_choice":"required")", "/tool_choice"},
      {R"("tool_choice":{"type":"function","function":{"name":"f"}})", "/tool_choice"},
      {std::string(one_function) + R"(,"tool_choice":{"type":"function","function":{"name":"g"}})", "/tool_choice"},
      {std::string(one_function) + R"(,"tool_choice":{"type":"function"})", "/tool_choice/function"},
      {std::string(one_function) + R"(,"tool_choice":"any")", "/tool_choice"},
  };
  for (const auto& [members, path] : table) {
    const auto request = read_chat(body(members));
    ASSERT_FALSE(request.ok()) << members;
    EXPECT_EQ(paths(request.error()), std::vector{path}) << members;
  }
  std::string many = R"("tools":[)";
  for (int i = 0; i <= 128; ++i) many += R"({"type":"function","function":{"name":"f)" + std::to_string(i) + (i < 128 ? "\"}}," : "\"}}]");
  EXPECT_EQ(paths(read_chat(body(many)).error()), std::vector<std::string>{"/tools"});
}

TEST(ChatRequest, RefusesCallsAndResultsThatAreNone) {
  const auto messages = [](std::string_view more) { return R"({"messages":[{"role":"user","content":"x"},)" + std::string(more) + "]}"; };
  const auto call = [&](std::string_view arguments, std::string_view role = "assistant") {
    return messages(R"({"role":")" + std::string(role) +
                    R"(","content":"y","tool_calls":[{"id":"1","type":"function","function":{"name":"f",)" + R"("arguments":)" +
                    std::string(arguments) + "}}]}");
  };
  const std::string arguments = "/messages/1/tool_calls/0/function/arguments";
  for (const char* wrong : {R"("[]")", R"("{")", R"("x")", "{}", "null"}) {
    const auto request = read_chat(call(wrong));
    ASSERT_FALSE(request.ok()) << wrong;
    EXPECT_EQ(paths(request.error()), std::vector{arguments}) << wrong;
  }
  EXPECT_TRUE(read_chat(call(R"("{}")")).ok());
  EXPECT_EQ(paths(read_chat(call(R"("{}")", "user")).error()), std::vector<std::string>{"/messages/1/tool_calls"});
  for (const char* wrong : {R"({"role":"tool","content":"x"})", R"({"role":"tool","content":"x","tool_call_id":"9"})"})
    EXPECT_EQ(paths(read_chat(messages(wrong)).error()), std::vector<std::string>{"/messages/1/tool_call_id"}) << wrong;
}

TEST(ChatRequest, KnowsTheOlderFormOfTools) {
  EXPECT_EQ(read_chat(body(R"("functions":[{"name":"f"}])"))->functions_field(), "functions");
  EXPECT_EQ(read_chat(body(R"("functions":[{"name":"f"}],"function_call":{"name":"f"})"))->functions_field(), "functions");
  EXPECT_EQ(read_chat(body(R"("functions":[{"name":"f"}],"function_call":"none")"))->functions_field(), "");
  EXPECT_EQ(read_chat(R"({"messages":[{"role":"function","content":"x"}]})")->functions_field(), "messages[0].role");
  EXPECT_EQ(read_chat(R"({"messages":[{"role":"assistant","function_call":{"name":"f"}}]})")->functions_field(),
            "messages[0].function_call");
}

}  // namespace
}  // namespace gatehouse::wire
