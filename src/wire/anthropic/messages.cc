#include "gatehouse/wire/anthropic/messages.h"

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <utility>

#include "gatehouse/wire/json/codec.h"
#include "llm/tool_codec.h"

namespace gatehouse::wire {
namespace {

struct TextBlock {
  std::string type, text;
};

// Whether a model thinks apart from its answer; none of ours does.
struct Thinking {
  std::string type;
};

constexpr std::array<std::string_view, 1> block_types{"text"}, use_types{"tool_use"}, result_types{"tool_result"};
constexpr std::array<std::string_view, 1> tool_kinds{"custom"};
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

namespace {

void other_block(std::string_view name, Reading& r) {
  const std::string shown = name.size() <= longest_type ? " '" + std::string(name) + "'" : std::string();
  r.fault_at("type", "is" + shown + ": this model reads text alone, no images and no documents", "a block of a type that stands here");
}

}  // namespace

// A block of another type has other members: that they are none of a text block's would help nobody.
template <>
struct Codec<TextBlock> {
  static constexpr auto fields = Description<TextBlock>::fields();
  static void read(const JsonValue& v, TextBlock& out, const Rules&, Reading& r) {
    const auto type = v.is_object() ? v.find("type") : std::nullopt;
    const bool other = type && type->is_string() && type->string() != block_types.front();
    if (!other) return read_object(v, &out, fields, r);
    other_block(type->string(), r);
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

namespace {

// What came of a call may be nothing, a string, or text blocks.
constexpr auto text_fields = std::array{
    field_without_effect<std::string>("type", "the kind of block").choices(block_types).required(),
    field<&Block::text>("text", "the text of the block").required(),
    field_without_effect<AnyObject>("cache_control", "accepted without effect").nullable(),
    // An answer's block may be sent back as it came.
    field_without_effect<AnyObjects>("citations", "accepted without effect").nullable(),
};
constexpr auto use_fields = std::array{
    field_without_effect<std::string>("type", "the kind of block").choices(use_types).required(),
    field<&Block::call_id>("id", "what its result names it by").length(1, longest_call_id).required(),
    field<&Block::name>("name", "of the tool").required(),
    field<&Block::input>("input", "what it is called with").required(),
    field_without_effect<AnyObject>("cache_control", "accepted without effect").nullable(),
};

void read_result_text(const JsonValue& v, void* owner, const Rules& rules, Reading& r) {
  BlockText content;
  Codec<BlockText>::read(v, content, rules, r);
  static_cast<Block*>(owner)->text = std::move(content.text);
}

constexpr auto result_fields = std::array{
    field_without_effect<std::string>("type", "the kind of block").choices(result_types).required(),
    field<&Block::call_id>("tool_use_id", "which call this is the result of").length(1, longest_call_id).required(),
    Field{.name = "content",
          .doc = "what came of it: a string or text blocks",
          .read = &read_result_text,
          .schema = &Codec<BlockText>::schema},
    field_without_effect<bool>("is_error", "accepted without effect: the content says what went wrong"),
    field_without_effect<AnyObject>("cache_control", "accepted without effect").nullable(),
};

}  // namespace

template <>
struct Codec<Block> {
  static void read(const JsonValue& v, Block& out, const Rules&, Reading& r) {
    const auto type = v.is_object() ? v.find("type") : std::nullopt;
    const std::string_view name = type && type->is_string() ? type->string() : block_types.front();
    if (name == use_types.front()) {
      out.kind = Block::Kind::tool_use;
      read_object(v, &out, use_fields, r);
    } else if (name == result_types.front()) {
      out.kind = Block::Kind::tool_result;
      read_object(v, &out, result_fields, r);
    } else if (name == block_types.front()) {
      read_object(v, &out, text_fields, r);
    } else {
      other_block(name, r);
    }
  }
  static void schema(JsonWriter& w, const Rules&) {
    w.key("anyOf").begin_list();
    for (const std::span<const Field> fields :
         {std::span<const Field>(text_fields), std::span<const Field>(use_fields), std::span<const Field>(result_fields)}) {
      w.begin_object();
      write_object_schema(w, fields, false);
      w.end_object();
    }
    w.end_list();
  }
};

template <>
struct Codec<BlockList> {
  static void read(const JsonValue& v, BlockList& out, const Rules&, Reading& r) {
    if (v.is_string()) return static_cast<void>(out.blocks.emplace_back().text.assign(v.string()));
    if (!v.is_list()) return wrong_kind(v, "a string or a list of blocks", r);
    Codec<std::vector<Block>>::read(v, out.blocks, Rules{}, r);
  }
  static void schema(JsonWriter& w, const Rules&) {
    w.key("anyOf").begin_list();
    w.begin_object().member("type", "string").end_object().begin_object();
    Codec<std::vector<Block>>::schema(w, Rules{});
    w.end_object().end_list();
  }
};

template <>
struct Description<MessageTool> {
  using T = MessageTool;
  static constexpr auto fields() {
    return std::array{
        field<&T::name>("name", "what the model calls it by").required(),
        field<&T::description>("description", "what it does, for the model").nullable(),
        field<&T::input_schema>("input_schema", "a JSON Schema of its input").required(),
        field<&T::strict>("strict", "true: refused where the schema asks for more than this server can keep to").nullable(),
        field_without_effect<std::string>("type", "the kind of tool: only those of the caller").choices(tool_kinds).nullable(),
        field_without_effect<AnyObject>("cache_control", "accepted without effect").nullable(),
    };
  }
};

template <>
struct Description<ToolWish> {
  static constexpr auto fields() {
    return std::array{
        field<&ToolWish::type>("type", "whether a tool is to be called").choices(tool_wishes).required(),
        field<&ToolWish::name>("name", "of type tool: which"),
        field<&ToolWish::disable_parallel_tool_use>("disable_parallel_tool_use", "true: at most one call in an answer").by_default("false"),
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
        field<&Turn::content>("content", "what is said: a string or blocks of text, of calls (assistant) and of what came of them (user)")
            .required(),
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
      field_of<R, &Conversation::tools>("tools", "only where the model's chat template carries tools").items(0, most_tools),
      field_of<R, &Conversation::tool_choice>("tool_choice", "type none makes tools unheard of; any and tool make the answer a call"),
      field_without_effect<Thinking>("thinking", "only type disabled"),
      field_without_effect<AnyObject>("cache_control", "accepted without effect").nullable(),
  };
}

void check_tools(const Conversation& asked, Reading& reading) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < asked.tools.size(); ++i) {
    if (names.insert(asked.tools[i].name.text).second) continue;
    const PathStep tools(reading, "tools"), at(reading, i);
    reading.fault_at("name", "is another tool's already", "a name of its own");
  }
  const ToolWish& wish = asked.tool_choice;
  if (wish.demands_tool() && names.empty())
    return reading.fault_at("tool_choice", "is only allowed together with tools", "tools beside it");
  if (wish.type == "tool" && !names.contains(wish.name))
    reading.fault_at("tool_choice", "names no tool of this request", "the name of one of tools");
}

// Calls are the assistant's; what came of them is the user's to say, behind them.
void check_calls(const Conversation& asked, Reading& reading) {
  std::set<std::string_view> calls;
  for (std::size_t i = 0; i < asked.messages.size(); ++i) {
    const Turn& turn = asked.messages[i];
    for (std::size_t k = 0; k < turn.content.blocks.size(); ++k) {
      const Block& block = turn.content.blocks[k];
      if (block.kind == Block::Kind::text) continue;
      const PathStep messages(reading, "messages"), at(reading, i), content(reading, "content"), place(reading, k);
      const bool is_call = block.kind == Block::Kind::tool_use;
      if (is_call != (turn.role == TurnRole::assistant) || turn.role == TurnRole::system)
        reading.fault_at("type", "does not belong to this role", "tool_use of assistant, tool_result of user");
      if (is_call)
        calls.insert(block.call_id);
      else if (!calls.contains(block.call_id))
        reading.fault_at("tool_use_id", "names no call in a message before", "the id of one of them");
    }
  }
}

void check_conversation(const Conversation& asked, Reading& reading) {
  check_tools(asked, reading);
  check_calls(asked, reading);
}

}  // namespace

template <>
struct Description<Conversation> {
  static constexpr auto fields() { return conversation_fields<Conversation>(); }
  static void check(const Conversation& asked, Reading& reading) { check_conversation(asked, reading); }
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
  static void check(const M& asked, Reading& reading) { check_conversation(asked, reading); }
};

Result<MessagesRequest> read_messages_request(const JsonValue& body) { return read_described<MessagesRequest>(body); }
void messages_request_schema(JsonWriter& w) { write_schema_of<MessagesRequest>(w); }
Result<Conversation> read_count_tokens_request(const JsonValue& body) { return read_described<Conversation>(body); }
void count_tokens_request_schema(JsonWriter& w) { write_schema_of<Conversation>(w); }

std::string Conversation::tools_field() const {
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const auto is_of_tools = [](const Block& block) { return block.kind != Block::Kind::text; };
    if (std::ranges::any_of(messages[i].content.blocks, is_of_tools)) return "messages[" + std::to_string(i) + "].content";
  }
  return tools.empty() || tool_choice.type == "none" ? "" : "tools";
}

}  // namespace gatehouse::wire
