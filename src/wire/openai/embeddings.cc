#include "gatehouse/wire/openai/embeddings.h"

#include <openssl/evp.h>

#include <array>
#include <bit>

#include "gatehouse/wire/json/codec.h"
#include "llm/answer_parts.h"

namespace gatehouse::wire {

template <>
struct EnumNames<EmbeddingForm> {
  static constexpr std::array<std::string_view, 2> names = {"float", "base64"};
};

namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::uint32_t most_inputs = 2048, largest_dimensions = 65'536;
// Of one text: no model reads more than half of it.
constexpr std::uint32_t most_tokens_of_a_text = 8192;
constexpr std::int64_t largest_token = 2'147'483'647;
constexpr std::string_view input_kinds = "a string, a list of strings, a list of token ids, or a list of those";

constexpr Rules one_text = [] {
  Rules rules;
  rules.min_length = 1;
  return rules;
}();
constexpr Rules several_texts = [] {
  Rules rules = one_text;
  rules.min_items = 1, rules.max_items = most_inputs;
  return rules;
}();
constexpr Rules one_token_list = [] {
  Rules rules;
  rules.min_items = 1, rules.max_items = most_tokens_of_a_text;
  rules.int_low = 0, rules.int_high = largest_token;
  return rules;
}();
constexpr Rules several_token_lists = [] {
  Rules rules = one_token_list;
  rules.max_items = most_inputs;
  return rules;
}();

using Tokens = std::vector<std::uint32_t>;

}  // namespace

template <>
struct Codec<EmbeddingInput> {
  static void read(const JsonValue& v, EmbeddingInput& out, const Rules&, Reading& r) {
    if (v.is_string()) return read_string(v, out.texts.emplace_back(), one_text, r);
    if (!v.is_list()) return wrong_kind(v, std::string(input_kinds), r);
    // What the first item is, all must be.
    const JsonValue::Items items = v.items();
    const JsonValue first = items.begin() != items.end() ? *items.begin() : JsonValue();
    if (first.is_number()) return Codec<Tokens>::read(v, out.token_lists.emplace_back(), one_token_list, r);
    if (!first.is_list()) return Codec<std::vector<std::string>>::read(v, out.texts, several_texts, r);
    if (!check_list(v, several_token_lists, r)) return;
    read_items(v, r, [&](const JsonValue& item) { Codec<Tokens>::read(item, out.token_lists.emplace_back(), one_token_list, r); });
  }
  static void schema(JsonWriter& w, const Rules&) {
    w.key("anyOf").begin_list().begin_object();
    schema_string(w, one_text);
    w.end_object().begin_object();
    Codec<std::vector<std::string>>::schema(w, several_texts);
    w.end_object().begin_object();
    Codec<Tokens>::schema(w, one_token_list);
    w.end_object().begin_object();
    schema_list_head(w, several_token_lists);
    w.key("items").begin_object();
    Codec<Tokens>::schema(w, one_token_list);
    w.end_object().end_object().end_list();
  }
};

template <>
struct Description<EmbeddingsRequest> {
  using E = EmbeddingsRequest;
  static constexpr auto fields() {
    return std::array{
        field<&E::input>("input",
                         "a text, or several, each of which becomes a vector; or token ids of the model's own vocabulary, of one text or "
                         "several. What is longer than the model reads is cut")
            .required(),
        field<&E::model>("model", "the model or an alias of it; without one, the default model of embeddings").length(1, 200),
        field<&E::form>("encoding_format", "float: a list of numbers; base64: little-endian float32").nullable().by_default(R"("float")"),
        field<&E::dimensions>("dimensions", "only the first so many numbers of each vector, which is made as long as 1 again")
            .range(1, largest_dimensions)
            .nullable(),
        field_without_effect<std::string>("user", "accepted without effect").nullable(),
    };
  }
};

Result<EmbeddingsRequest> read_embeddings_request(const JsonValue& body) { return read_described<EmbeddingsRequest>(body); }
void embeddings_request_schema(JsonWriter& json) { write_schema_of<EmbeddingsRequest>(json); }

namespace {

void append_base64_of(std::string& out, std::span<const float> vector) {
  constexpr std::size_t group = 3, characters = 4;
  const std::size_t size = vector.size_bytes(), before = out.size();
  out.resize(before + (size + group - 1) / group * characters + 1);  // OpenSSL puts a zero behind it
  const auto* bytes = reinterpret_cast<const unsigned char*>(vector.data());
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data() + before), bytes, static_cast<int>(size));
  out.pop_back();
}

}  // namespace

void write_embeddings_reply(std::string& out, const EmbeddingsReply& reply) {
  constexpr std::size_t characters_a_number = 13, around_a_vector = 64;
  const std::size_t vectors = reply.values.size() / reply.width;
  out.reserve(out.size() + reply.values.size() * characters_a_number + vectors * around_a_vector);
  JsonWriter json(out);
  json.begin_object().member("object", "list").key("data").begin_list();
  std::string text;
  for (std::size_t i = 0; i < vectors; ++i) {
    const std::span<const float> vector = reply.values.subspan(i * reply.width, reply.width);
    json.begin_object().member("object", "embedding").member("index", i).key("embedding");
    if (reply.form == EmbeddingForm::base64) {
      text.assign(1, '"');
      append_base64_of(text, vector);
      json.raw(text.append(1, '"'));
    } else {
      json.begin_list();
      for (const float value : vector) json.value(value);
      json.end_list();
    }
    json.end_object();
  }
  json.end_list().member("model", reply.model);
  write_reading_usage(json, reply.usage);
  json.end_object();
}

void embeddings_reply_schema(JsonWriter& json) {
  json.raw(R"({"type":"object","properties":{"object":{"type":"string","enum":["list"]},"data":{"type":"array","items":{"type":"object",)"
           R"("properties":{"object":{"type":"string","enum":["embedding"]},"index":{"type":"integer","minimum":0},)"
           R"("embedding":{"anyOf":[{"type":"array","items":{"type":"number"}},{"type":"string","contentEncoding":"base64"}]}},)"
           R"("required":["object","index","embedding"]}},"model":{"type":"string"},"usage":{"type":"object","properties":)"
           R"({"prompt_tokens":{"type":"integer","minimum":0},"total_tokens":{"type":"integer","minimum":0},)"
           R"("cost":{"type":"number","minimum":0}},"required":["prompt_tokens","total_tokens"]}},)"
           R"("required":["object","data","model","usage"]})");
}

}  // namespace gatehouse::wire
