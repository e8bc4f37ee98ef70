#include "gatehouse/wire/openai/chat.h"

#include <array>
#include <set>
#include <utility>

#include "gatehouse/wire/grammar/schema_grammar.h"
#include "gatehouse/wire/json/copy.h"
#include "llm/tool_codec.h"
#include "shapes.h"

namespace gatehouse::wire {
namespace {

struct ContentPart {
  std::string type, text;
};

constexpr std::array<std::string_view, 1> part_types{"text"};
constexpr std::string_view tools_doc = "only where the model's chat template carries tools";
constexpr std::string_view functions_doc = "older form of tools, which is not taken: only empty";
constexpr std::array<std::string_view, 3> tool_choices{"none", "auto", "required"};
constexpr std::array<std::string_view, 2> older_choices{"none", "auto"};
constexpr std::array<std::string_view, 1> tool_types{"function"};

// {"type":"function","function":{"name":"…"}}
struct NamedFunction {
  ToolName name;
};
struct NamedChoice {
  std::string type;
  NamedFunction function;
};

// "messages[3].role"
std::string message_param(std::size_t index, std::string_view member) {
  return "messages[" + std::to_string(index) + "]." + std::string(member);
}

}  // namespace

template <>
struct EnumNames<ChatRole> {
  static constexpr std::array<std::string_view, 6> names{"system", "developer", "user", "assistant", "tool", "function"};
};
template <>
struct EnumNames<AnswerFormat> {
  static constexpr std::array<std::string_view, 3> names{"text", "json_object", "json_schema"};
};

std::string_view name_of(ChatRole role) { return EnumNames<ChatRole>::names[static_cast<std::size_t>(role)]; }

template <>
struct Description<ContentPart> {
  static constexpr auto fields() {
    return std::array{
        field<&ContentPart::type>("type", "the kind of part: only text can be read").choices(part_types).required(),
        field<&ContentPart::text>("text", "the text of the part").required(),
    };
  }
};

template <>
struct Codec<MessageContent> {
  static constexpr Rules at_least_one = [] {
    Rules rules;
    rules.min_items = 1;
    return rules;
  }();
  static void read(const JsonValue& v, MessageContent& out, const Rules&, Reading& r) {
    if (v.is_string()) return static_cast<void>(out.text.assign(v.string()));
    if (!v.is_list()) return wrong_kind(v, "a string or a list of text parts", r);
    std::vector<ContentPart> parts;
    Codec<std::vector<ContentPart>>::read(v, parts, at_least_one, r);
    for (const ContentPart& part : parts) {
      if (&part != parts.data()) out.text.push_back('\n');
      out.text += part.text;
    }
  }
  static void schema(JsonWriter& w, const Rules& rules) {
    w.key("anyOf").begin_list();
    w.begin_object().member("type", "string").end_object().begin_object();
    Codec<std::vector<ContentPart>>::schema(w, at_least_one);
    w.end_object();
    if (rules.nullable) w.begin_object().member("type", "null").end_object();
    w.end_list();
  }
};

template <>
struct Description<NamedFunction> {
  static constexpr auto fields() { return std::array{field<&NamedFunction::name>("name", "of the function").required()}; }
};
template <>
struct Description<NamedChoice> {
  static constexpr auto fields() {
    return std::array{
        field<&NamedChoice::type>("type", "the kind of tool").choices(tool_types).required(),
        field<&NamedChoice::function>("function", "the only one that may be called, and that must be").required(),
    };
  }
};

template <>
struct Codec<ToolChoice> {
  static void read(const JsonValue& v, ToolChoice& out, const Rules&, Reading& r) {
    if (v.is_object()) {
      NamedChoice named;
      Codec<NamedChoice>::read(v, named, Rules{}, r);
      out.demands_tool = true;
      return static_cast<void>(out.name = std::move(named.function.name.text));
    }
    if (!v.is_string()) return wrong_kind(v, "\"none\", \"auto\", \"required\" or an object", r);
    const auto chosen = read_choice(v, tool_choices, r);
    out.demands_tool = chosen && tool_choices[*chosen] == "required";
    out.forbids_tools = chosen && tool_choices[*chosen] == "none";
  }
  static void schema(JsonWriter& w, const Rules& rules) {
    w.key("anyOf").begin_list().begin_object();
    schema_choice(w, tool_choices, rules.nullable);
    w.end_object().begin_object();
    Codec<NamedChoice>::schema(w, Rules{});
    w.end_object().end_list();
  }
};

template <>
struct Codec<OlderChoice> {
  static void read(const JsonValue& v, OlderChoice& out, const Rules&, Reading& r) {
    if (v.is_object()) return;
    const auto chosen = read_choice(v, older_choices, r);
    out.forbids_functions = chosen && older_choices[*chosen] == "none";
  }
  static void schema(JsonWriter& w, const Rules& rules) {
    w.key("anyOf").begin_list().begin_object();
    schema_choice(w, older_choices, rules.nullable);
    w.end_object().begin_object().member("type", "object").end_object().end_list();
  }
};

template <>
struct Description<FunctionCall> {
  static constexpr auto fields() {
    return std::array{
        field<&FunctionCall::name>("name", "of the function").required(),
        field<&FunctionCall::arguments>("arguments", "the JSON of an object").required(),
    };
  }
};

template <>
struct Description<ChatToolCall> {
  static constexpr auto fields() {
    return std::array{
        field<&ChatToolCall::id>("id", "what its result names it by").length(1, longest_call_id).required(),
        field_without_effect<std::string>("type", "the kind of tool").choices(tool_types).required(),
        field<&ChatToolCall::function>("function", "which function, and with what").required(),
    };
  }
};

template <>
struct Description<FunctionSpec> {
  using F = FunctionSpec;
  static constexpr auto fields() {
    return std::array{
        field<&F::name>("name", "what the model calls it by").required(),
        field<&F::description>("description", "what it does, for the model").nullable(),
        field<&F::parameters>("parameters", "a JSON Schema of its arguments; without one it has none").nullable(),
        field<&F::strict>("strict", "true: refused where the schema asks for more than this server can keep to")
            .nullable()
            .by_default("false"),
    };
  }
};

template <>
struct Description<ChatTool> {
  static constexpr auto fields() {
    return std::array{
        field_without_effect<std::string>("type", "the kind of tool: only functions").choices(tool_types).required(),
        field<&ChatTool::function>("function", "what can be called").required(),
    };
  }
};

template <>
struct Codec<SchemaText> {
  static void read(const JsonValue& v, SchemaText& out, const Rules&, Reading& r) {
    if (!v.is_object() && !v.is_bool()) return wrong_kind(v, "a JSON Schema", r);
    JsonWriter json(out.json);
    copy_json(json, v);
    if (out.json.size() > most_schema_bytes) r.fault("is too large", "a JSON Schema of at most 256 KiB");
  }
  static void schema(JsonWriter& w, const Rules& rules) {
    w.member_raw("type", rules.nullable ? R"(["object","boolean","null"])" : R"(["object","boolean"])");
  }
};

template <>
struct Description<SchemaFormat> {
  static constexpr auto fields() {
    return std::array{
        field<&SchemaFormat::name>("name", "what the schema is called").length(1, 64).required(),
        field<&SchemaFormat::schema>("schema", "what the answer keeps to, with all that this server can keep to; without one, any object")
            .nullable(),
        field_without_effect<std::string>("description", "accepted without effect").nullable(),
        field_without_effect<bool>("strict", "accepted without effect: a schema is always kept to").nullable(),
    };
  }
};

template <>
struct Description<ResponseFormat> {
  static constexpr auto fields() {
    return std::array{
        field<&ResponseFormat::type>("type", "text, any JSON object, or JSON that keeps to a schema").required(),
        field<&ResponseFormat::json_schema>("json_schema", "belongs to type json_schema").nullable(),
    };
  }
  static void across(JsonWriter& w) {
    w.member_raw("anyOf", R"([{"properties":{"type":{"enum":["text","json_object"]}}},)"
                          R"({"properties":{"json_schema":{"type":"object"}},"required":["json_schema"]}])");
  }
  static void check(const ResponseFormat& format, Reading& reading) {
    if (format.type == AnswerFormat::json_schema && !format.json_schema)
      reading.fault_at("json_schema", "is missing", "an object with name and schema");
  }
};

template <>
struct Description<ChatMessage> {
  using M = ChatMessage;
  static constexpr auto fields() {
    return std::array{
        field<&M::role>("role", "who speaks").required(),
        field<&M::content>("content", "what is said; null or absent only where role is assistant").nullable(),
        field<&M::name>("name", "tells speakers of one role apart").nullable(),
        field<&M::tool_calls>("tool_calls", tools_doc).items(0, most_tool_calls).nullable(),
        field<&M::tool_call_id>("tool_call_id", "of role tool, where it must be: which call this is the result of").nullable(),
        counted_field<&M::function_call, &AnyObject::members>("function_call", functions_doc).nullable(),
        // An answer's message may be sent back as it came.
        field_without_effect<std::string>("refusal", "accepted without effect").nullable(),
        field_without_effect<AnyObjects>("annotations", "accepted without effect").nullable(),
        field_without_effect<AnyObject>("audio", "accepted without effect").nullable(),
    };
  }
  static void across(JsonWriter& w) {
    w.member_raw("anyOf", R"([{"properties":{"content":{"type":["string","array"]}},"required":["content"]},)"
                          R"({"properties":{"role":{"enum":["assistant"]}}}])");
  }
  static void check(const M& message, Reading& reading) {
    if (!message.content && message.role != ChatRole::assistant)
      reading.fault_at("content", "is missing", "a string or a list of text parts: only role assistant may go without");
    if (!message.tool_calls.empty() && message.role != ChatRole::assistant)
      reading.fault_at("tool_calls", "belongs to role assistant", "an empty list, or another role");
    if (message.tool_call_id.empty() && message.role == ChatRole::tool)
      reading.fault_at("tool_call_id", "is missing", "the id of a call in a message before");
  }
};

template <>
struct Description<ChatRequest> {
  using C = ChatRequest;
  static constexpr auto own_fields() {
    return std::array{
        field<&C::messages>("messages", "the conversation so far, oldest first").items(1, no_limit).required(),
        field<&C::model>("model", "the model or an alias of it; without one, the default language model").length(1, 200),
        field<&C::max_tokens>("max_tokens", "older name of max_completion_tokens").range(1, most_tokens).nullable(),
        field<&C::max_completion_tokens>("max_completion_tokens", "at most so many tokens are generated").range(1, most_tokens).nullable(),
        field<&C::logprobs>("logprobs", "true: how likely the model thought each token of the answer").nullable().by_default("false"),
        field<&C::top_logprobs>("top_logprobs", "how many of the likeliest tokens are told in each place; only with logprobs: true")
            .range(0, 20)
            .nullable(),
        field<&C::tools>("tools", tools_doc).items(0, most_tools).nullable(),
        counted_field<&C::functions, &AnyObjects::items>("functions", functions_doc).nullable(),
        field<&C::tool_choice>("tool_choice", "none makes tools unheard of; required, or an object that names one, makes the answer a call")
            .nullable(),
        field<&C::function_call>("function_call", "older form of tool_choice, without effect but for none").nullable(),
        field<&C::parallel_tool_calls>("parallel_tool_calls", "false: at most one call in an answer").nullable().by_default("true"),
        field<&C::response_format>("response_format", "text, any JSON object, or JSON that keeps to a schema").nullable(),
    };
  }
  static constexpr auto fields() { return join(join(own_fields(), sampling_fields<C>()), fields_without_effect()); }
  // Each of the two rules has two ways to keep to it.
  static void across(JsonWriter& w) {
    w.member_raw("anyOf", R"([{"properties":{"stream_options":{"type":"null"},"top_logprobs":{"maximum":0}}},)"
                          R"({"properties":{"stream_options":{"type":"null"},"logprobs":{"enum":[true]}},"required":["logprobs"]},)"
                          R"({"properties":{"stream":{"enum":[true]},"top_logprobs":{"maximum":0}},"required":["stream"]},)"
                          R"({"properties":{"stream":{"enum":[true]},"logprobs":{"enum":[true]}},"required":["stream","logprobs"]}])");
  }
  static void check(const C& request, Reading& reading) {
    check_stream_options(request.stream_options.has_value(), request.stream, reading);
    if (request.top_logprobs > 0 && !request.logprobs)
      reading.fault_at("top_logprobs", "is only allowed together with logprobs", "\"logprobs\": true beside it");
    if (request.max_tokens && request.max_completion_tokens && *request.max_tokens != *request.max_completion_tokens)
      reading.fault_at("max_tokens", "differs from max_completion_tokens, which is its newer name", "only one of the two");
    check_tools(request, reading);
    check_results(request, reading);
  }
  static void check_tools(const C& request, Reading& reading) {
    const ToolChoice& choice = request.tool_choice;
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < request.tools.size(); ++i) {
      if (names.insert(request.tools[i].function.name.text).second) continue;
      const PathStep tools(reading, "tools"), at(reading, i), function(reading, "function");
      reading.fault_at("name", "is another tool's already", "a name of its own");
    }
    if (choice.demands_tool && choice.name.empty() && names.empty())
      reading.fault_at("tool_choice", "is only allowed together with tools", "tools beside it");
    if (!choice.name.empty() && !names.contains(choice.name))
      reading.fault_at("tool_choice", "names no tool of this request", "the name of one of tools");
  }
  // Every result is one of a call that stands before it.
  static void check_results(const C& request, Reading& reading) {
    std::set<std::string_view> calls;
    for (std::size_t i = 0; i < request.messages.size(); ++i) {
      const ChatMessage& message = request.messages[i];
      for (const ChatToolCall& call : message.tool_calls) calls.insert(call.id);
      if (message.role != ChatRole::tool || calls.contains(message.tool_call_id)) continue;
      const PathStep messages(reading, "messages"), at(reading, i);
      reading.fault_at("tool_call_id", "names no call in a message before", "the id of one of them");
    }
  }
};

Result<ChatRequest> read_chat_request(const JsonValue& body) { return read_described<ChatRequest>(body); }
void chat_request_schema(JsonWriter& w) { write_schema_of<ChatRequest>(w); }

std::string ChatRequest::tools_field() const {
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (messages[i].role == ChatRole::tool) return message_param(i, "role");
    if (!messages[i].tool_calls.empty()) return message_param(i, "tool_calls");
  }
  return tools.empty() || tool_choice.forbids_tools ? "" : "tools";
}

std::string ChatRequest::functions_field() const {
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (messages[i].role == ChatRole::function) return message_param(i, "role");
    if (messages[i].function_call > 0) return message_param(i, "function_call");
  }
  if (function_call.forbids_functions || tool_choice.forbids_tools) return {};
  return functions > 0 ? "functions" : "";
}

std::string ResponseFormat::schema() const {
  if (type == AnswerFormat::text) return {};
  const bool given = type == AnswerFormat::json_schema && json_schema && !json_schema->schema.json.empty();
  return given ? json_schema->schema.json : R"({"type":"object"})";
}

std::optional<std::uint64_t> sampler_seed(std::optional<std::int64_t> seed) {
  if (!seed || *seed == -1) return std::nullopt;
  return static_cast<std::uint64_t>(*seed);
}

std::uint32_t sampler_top_k(std::int32_t top_k) { return top_k < 0 ? 0 : static_cast<std::uint32_t>(top_k); }

}  // namespace gatehouse::wire
