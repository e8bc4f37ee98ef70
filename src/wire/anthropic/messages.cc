#include "gatehouse/wire/anthropic/messages.h"

#include <array>

#include "gatehouse/wire/json/codec.h"

namespace gatehouse::wire {
namespace {

struct TextBlock {
  std::string type, text;
};

// Whether a model thinks apart from its answer; none of ours does.
struct Thinking {
  std::string type;
};

constexpr std::array<std::string_view, 1> block_types{"text"};
constexpr std::array<std::string_view, 1> thinking_types{"disabled"};
constexpr std::array<std::string_view, 4> tool_wishes{"auto", "any", "tool", "none"};
constexpr std::int64_t most_tokens = 2'147'483'647;
constexpr std::uint32_t longest_type = 40;  // bytes of a made-up name that are told

}  // namespace

template <>
struct EnumNames<TurnRole> {
  static constexpr std::array<std::string_view, 3> names{"user", "assistant", "system"};
};

std::string_view name_of(TurnRole role) { return EnumNames<TurnRole>::names[static_cast<std::size_t>(role)]; }

template <>
struct Description<TextBlock> {
  static constexpr auto fields() {
    return std::array{
        field<&TextBlock::type>("type", "the kind of block: only text can be read").choices(block_types).required(),
        field<&TextBlock::text>("text", "the text of the block").required(),
        field_without_effect<AnyObject>("cache_control", "accepted without effect").nullable(),
        // An answer's block may be sent back as it came.
        field_without_effect<AnyObjects>("citations", "accepted without effect").nullable(),
    };
  }
};

// A block of another type has other members: that they are none of a text block's would help nobody.
template <>
struct Codec<TextBlock> {
  static constexpr auto fields = Description<TextBlock>::fields();
  static void read(const JsonValue& v, TextBlock& out, const Rules&, Reading& r) {
    const auto type = v.is_object() ? v.find("type") : std::nullopt;
    const bool other = type && type->is_string() && type->string() != block_types.front();
    if (!other) return read_object(v, &out, fields, r);
    const std::string_view name = type->string();
    const std::string shown = name.size() <= longest_type ? " '" + std::string(name) + "'" : std::string();
    r.fault_at("type", "is" + shown + ": this model reads text alone, no images, documents or tools", "a block of type text");
  }
  static void schema(JsonWriter& w, const Rules& rules) { write_object_schema(w, fields, rules.nullable); }
};

template <>
struct Codec<BlockText> {
  static void read(const JsonValue& v, BlockText& out, const Rules&, Reading& r) {
    if (v.is_string()) return static_cast<void>(out.text.assign(v.string()));
    if (!v.is_list()) return wrong_kind(v, "a string or a list of text blocks", r);
    std::vector<TextBlock> blocks;
    Codec<std::vector<TextBlock>>::read(v, blocks, Rules{}, r);
    for (const TextBlock& block : blocks) {
      if (&block != blocks.data()) out.text.push_back('\n');
      out.text += block.text;
    }
  }
  static void schema(JsonWriter& w, const Rules&) {
    w.key("anyOf").begin_list();
    w.begin_object().member("type", "string").end_object().begin_object();
    Codec<std::vector<TextBlock>>::schema(w, Rules{});
    w.end_object().end_list();
  }
};

template <>
struct Codec<ToolList> {
  static void read(const JsonValue& v, ToolList& out, const Rules& rules, Reading& r) {
    AnyObjects seen;
    Codec<AnyObjects>::read(v, seen, rules, r);
    out.tools = seen.items;
  }
  static void schema(JsonWriter& w, const Rules& rules) { Codec<AnyObjects>::schema(w, rules); }
};

template <>
struct Description<ToolWish> {
  static constexpr auto fields() {
    return std::array{
        field<&ToolWish::type>("type", "whether a tool is to be called").choices(tool_wishes).required(),
        field_without_effect<std::string>("name", "belongs to type tool"),
        field_without_effect<bool>("disable_parallel_tool_use", "accepted without effect"),
    };
  }
};

template <>
struct Description<Thinking> {
  static constexpr auto fields() {
    return std::array{
        field<&Thinking::type>("type", "disabled: no model here thinks apart from its answer").choices(thinking_types).required()};
  }
};

template <>
struct Description<Turn> {
  static constexpr auto fields() {
    return std::array{
        field<&Turn::role>("role", "who speaks").required(),
        field<&Turn::content>("content", "what is said: a string or text blocks").required(),
    };
  }
};

namespace {

// Of both messages; R is either.
template <class R>
constexpr auto conversation_fields() {
  return std::array{
      field_of<R, &Conversation::messages>(
          "messages", "the conversation so far, oldest first; where the last turn is the assistant's, the answer goes on from it")
          .items(1, no_limit)
          .required(),
      field_of<R, &Conversation::model>("model", "the model or an alias of it; without one, the default language model").length(1, 200),
      field_of<R, &Conversation::system>("system", "what the model is told before the conversation: a string or text blocks"),
      field_of<R, &Conversation::tools>("tools", "only where the model's chat template carries tools"),
      field_of<R, &Conversation::tool_choice>("tool_choice", "type none makes tools unheard of"),
      field_without_effect<Thinking>("thinking", "only type disabled"),
      field_without_effect<AnyObject>("cache_control", "accepted without effect").nullable(),
  };
}

}  // namespace

template <>
struct Description<Conversation> {
  static constexpr auto fields() { return conversation_fields<Conversation>(); }
};

template <>
struct Description<MessagesRequest> {
  using M = MessagesRequest;
  static constexpr auto own_fields() {
    return std::array{
        field<&M::max_tokens>("max_tokens", "at most so many tokens are generated").range(1, most_tokens).required(),
        field<&M::temperature>("temperature", "0 always takes the likeliest token").range(0, 1).by_default("1"),
        field<&M::top_p>("top_p", "only the likeliest tokens that make up this much probability").range(0, 1).by_default("1"),
        field<&M::top_k>("top_k", "only so many of the likeliest tokens; 0: all").range(0, most_tokens).by_default("0"),
        field<&M::stop_sequences>("stop_sequences", "the answer ends before the first of these").items(0, M::most_stops).length(1, 1000),
        field<&M::stream>("stream", "true: server-sent events").by_default("false"),
        field_without_effect<AnyObject>("metadata", "accepted without effect"),
        field_without_effect<std::string>("service_tier", "accepted without effect"),
    };
  }
  static constexpr auto fields() { return join(conversation_fields<M>(), own_fields()); }
};

Result<MessagesRequest> read_messages_request(const JsonValue& body) { return read_described<MessagesRequest>(body); }
void messages_request_schema(JsonWriter& w) { write_schema_of<MessagesRequest>(w); }
Result<Conversation> read_count_tokens_request(const JsonValue& body) { return read_described<Conversation>(body); }
void count_tokens_request_schema(JsonWriter& w) { write_schema_of<Conversation>(w); }

std::string_view Conversation::tools_field() const {
  if (tool_choice.type == "none") return {};
  if (tools.tools > 0) return "tools";
  return tool_choice.type == "auto" ? std::string_view() : std::string_view("tool_choice");
}

}  // namespace gatehouse::wire
