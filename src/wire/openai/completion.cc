#include "gatehouse/wire/openai/completion.h"

#include <array>

#include "llm/abilities.h"
#include "shapes.h"

namespace gatehouse::wire {
namespace {

constexpr std::uint32_t most_prompts = 2048;
constexpr std::string_view prompt_kinds = "a string, or a list of one string";

constexpr Rules one_prompt = [] {
  Rules rules;
  rules.min_length = 1;
  return rules;
}();

constexpr Rules several_prompts = [] {
  Rules rules = one_prompt;
  rules.min_items = 1, rules.max_items = most_prompts;
  return rules;
}();

constexpr Rules token_list = [] {
  Rules rules;
  rules.min_items = 1;
  rules.int_low = 0, rules.int_high = 2'147'483'647;
  return rules;
}();

constexpr Rules token_lists = [] {
  Rules rules = token_list;
  rules.max_items = most_prompts;
  return rules;
}();

using TokenIds = std::vector<std::int64_t>;

void read_token_lists(const JsonValue& v, Reading& r) {
  if (!check_list(v, token_lists, r)) return;
  read_items(v, r, [&](const JsonValue& item) {
    TokenIds dropped;
    Codec<TokenIds>::read(item, dropped, token_list, r);
  });
}

}  // namespace

template <>
struct Codec<PromptInput> {
  static void read(const JsonValue& v, PromptInput& out, const Rules&, Reading& r) {
    if (v.is_string()) {
      out.prompts = 1;
      return read_string(v, out.text, one_prompt, r);
    }
    if (!v.is_list()) return wrong_kind(v, std::string(prompt_kinds), r);
    // What the first item is, all must be.
    const JsonValue::Items items = v.items();
    const JsonKind first = items.begin() != items.end() ? (*items.begin()).kind() : JsonKind::string;
    const bool numbers = first == JsonKind::int64 || first == JsonKind::uint64 || first == JsonKind::real;  // 1.0 is an integer
    out.token_ids = numbers || first == JsonKind::list;
    if (first == JsonKind::list) return read_token_lists(v, r);
    if (numbers) {
      TokenIds dropped;
      return Codec<TokenIds>::read(v, dropped, token_list, r);
    }
    std::vector<std::string> prompts;
    Codec<std::vector<std::string>>::read(v, prompts, several_prompts, r);
    out.prompts = prompts.size();
    if (!prompts.empty()) out.text = std::move(prompts.front());
  }
  static void schema(JsonWriter& w, const Rules&) {
    w.key("anyOf").begin_list().begin_object();
    schema_string(w, one_prompt);
    w.end_object().begin_object();
    Codec<std::vector<std::string>>::schema(w, several_prompts);
    w.end_object().begin_object();
    Codec<TokenIds>::schema(w, token_list);
    w.end_object().begin_object();
    schema_list_head(w, token_lists);
    w.key("items").begin_object();
    Codec<TokenIds>::schema(w, token_list);
    w.end_object().end_object().end_list();
  }
};

namespace {

// May say nothing: there is no text to insert before.
struct Suffix {};

}  // namespace

template <>
struct Codec<Suffix> {
  static void read(const JsonValue& v, Suffix&, const Rules& rules, Reading& r) {
    std::string text;
    read_string(v, text, rules, r);
    if (!text.empty()) r.fault("cannot be used: models here continue a text, they insert none", "an empty string");
  }
  static void schema(JsonWriter& w, const Rules& rules) {
    Rules nothing = rules;
    nothing.max_length = 0;
    schema_string(w, nothing);
  }
};

template <>
struct Description<CompletionRequest> {
  using C = CompletionRequest;
  static constexpr auto own_fields() {
    return std::array{
        field<&C::prompt>("prompt", "the text to continue, as it is; more than one text, or token ids, are not supported yet").required(),
        field<&C::model>("model", "the model or an alias of it; without one, the default language model").length(1, 200),
        field<&C::max_tokens>("max_tokens", "at most so many tokens are generated").range(1, most_tokens).nullable(),
        field<&C::best_of>("best_of", "more than 1 only where it is n: choosing is not supported yet")
            .range(1, 20)
            .nullable()
            .by_default("1"),
        field<&C::logprobs>("logprobs",
                            "how many of the likeliest tokens are told in each place beside the one that was taken; null: nothing is told")
            .range(0, 5)
            .nullable(),
        field<&C::echo>("echo", "true: the answer's text begins with the prompt; not together with logprobs")
            .nullable()
            .by_default("false"),
        field_without_effect<bool>("parallel_tool_calls", "accepted without effect").nullable(),
        field_without_effect<Suffix>("suffix", "only empty: models here continue a text, they insert none").nullable(),
    };
  }
  static constexpr auto fields() { return join(join(own_fields(), sampling_fields<C>()), fields_without_effect()); }
  static void across(JsonWriter& w) {
    // Each of the two rules has two ways to keep to it.
    w.member_raw("anyOf", R"([{"properties":{"stream_options":{"type":"null"},"logprobs":{"type":"null"}}},)"
                          R"({"properties":{"stream_options":{"type":"null"},"echo":{"enum":[false,null]}}},)"
                          R"({"properties":{"stream":{"enum":[true]},"logprobs":{"type":"null"}},"required":["stream"]},)"
                          R"({"properties":{"stream":{"enum":[true]},"echo":{"enum":[false,null]}},"required":["stream"]}])");
  }
  static void check(const C& request, Reading& reading) {
    check_stream_options(request.stream_options.has_value(), request.stream, reading);
    if (request.echo && request.logprobs)
      reading.fault_at("echo", "cannot be true together with logprobs: how likely the tokens of the prompt are is not computed",
                       "one of echo and logprobs");
  }
};

Result<CompletionRequest> read_completion_request(const JsonValue& body) { return read_described<CompletionRequest>(body); }
void completion_request_schema(JsonWriter& w) { write_schema_of<CompletionRequest>(w); }

Status check_abilities(const CompletionRequest& request) {
  const std::array rows{
      Inability{request.prompt.token_ids, "prompt", "prompt must be a string: token ids are not supported yet"},
      Inability{request.prompt.prompts > 1, "prompt", "prompt must be one string: several prompts in one request are not supported yet"},
      Inability{request.best_of > 1 && request.best_of != request.n, "best_of",
                "best_of must be n, or left out: choosing among several answers is not supported yet"},
  };
  return refuse_first(rows);
}

}  // namespace gatehouse::wire
