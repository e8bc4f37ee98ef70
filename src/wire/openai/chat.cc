#include "gatehouse/wire/openai/chat.h"

#include <array>
#include <utility>

#include "gatehouse/wire/grammar/schema_grammar.h"
#include "gatehouse/wire/json/copy.h"
#include "shapes.h"

namespace gatehouse::wire {
namespace {

struct ContentPart {
  std::string type, text;
};

constexpr std::array<std::string_view, 1> part_types{"text"};
constexpr std::string_view tools_doc = "only where the model's chat template carries tools";
constexpr std::array<std::string_view, 3> tool_choices{"none", "auto", "required"};

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
struct Codec<ToolChoice> {
  static void read(const JsonValue& v, ToolChoice& out, const Rules&, Reading& r) {
    if (v.is_object()) return static_cast<void>(out.demands_tool = true);
    if (!v.is_string()) return wrong_kind(v, "\"none\", \"auto\", \"required\" or an object", r);
    const auto chosen = read_choice(v, tool_choices, r);
    out.demands_tool = chosen && tool_choices[*chosen] == "required";
    out.forbids_tools = chosen && tool_choices[*chosen] == "none";
  }
  static void schema(JsonWriter& w, const Rules& rules) {
    w.key("anyOf").begin_list().begin_object();
    schema_choice(w, tool_choices, rules.nullable);
    w.end_object().begin_object().member("type", "object").end_object().end_list();
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
        counted_field<&M::tool_calls, &AnyObjects::items>("tool_calls", tools_doc).nullable(),
        counted_field<&M::tool_calls, &AnyObject::members>("function_call", "older form of tool_calls").nullable(),
        // An answer's message may be sent back as it came.
        field_without_effect<std::string>("tool_call_id", "belongs to role tool").nullable(),
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
    if (message.content || message.role == ChatRole::assistant) return;
    reading.fault_at("content", "is missing", "a string or a list of text parts: only role assistant may go without");
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
        counted_field<&C::tools, &AnyObjects::items>("tools", tools_doc).nullable(),
        counted_field<&C::functions, &AnyObjects::items>("functions", "older name of tools").nullable(),
        field<&C::tool_choice>("tool_choice", "none makes tools unheard of").nullable(),
        field<&C::tool_choice>("function_call", "older name of tool_choice").nullable(),
        field<&C::response_format>("response_format", "type text; the others are not supported yet").nullable(),
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
  }
};

Result<ChatRequest> read_chat_request(const JsonValue& body) { return read_described<ChatRequest>(body); }
void chat_request_schema(JsonWriter& w) { write_schema_of<ChatRequest>(w); }

std::string ChatRequest::tools_field() const {
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (messages[i].role == ChatRole::tool || messages[i].role == ChatRole::function) return message_param(i, "role");
    if (messages[i].tool_calls > 0) return message_param(i, "tool_calls");
  }
  if (tool_choice.forbids_tools) return {};
  if (tools > 0) return "tools";
  if (functions > 0) return "functions";
  return tool_choice.demands_tool ? "tool_choice" : "";
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
