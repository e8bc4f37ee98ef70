#include "gatehouse/wire/openai/logprobs.h"

#include <algorithm>
#include <string_view>

#include "gatehouse/wire/json/utf8.h"

namespace gatehouse::wire {
namespace {

using engine::ScoredToken;
using engine::TokenScore;

void write_token(JsonWriter& w, const ScoredToken& token) {
  w.member("token", token.text).member("logprob", token.logprob);
  if (!token.has_bytes) {
    w.member_null("bytes");
    return;
  }
  w.key("bytes").begin_list();
  for (const char byte : token.text) w.value(static_cast<unsigned>(static_cast<unsigned char>(byte)));
  w.end_list();
}

bool is_text(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t length = utf8_sequence(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

// As the name of a member it must stay apart from others, which the mark for ill-formed text would not do.
std::string name_of(const ScoredToken& token) {
  if (is_text(token.text)) return token.text;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string name = "bytes:";
  for (const char c : token.text) {
    const auto byte = static_cast<unsigned char>(c);
    name.append("\\x").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
  }
  return name;
}

// Several tokens may have the same name: the first of them, which is the likeliest, stands for all.
void write_named(JsonWriter& w, const TokenScore& score) {
  std::vector<std::string> names;
  w.begin_object();
  const auto write = [&](const ScoredToken& token) {
    std::string name = name_of(token);
    if (std::ranges::find(names, name) != names.end()) return;
    w.member(name, token.logprob);
    names.push_back(std::move(name));
  };
  for (const ScoredToken& token : score.likeliest) write(token);
  write(score.sampled);
  w.end_object();
}

constexpr std::string_view token_members = R"("token":{"type":"string"},"logprob":{"type":"number","maximum":0},)"
                                           R"("bytes":{"type":["array","null"],"items":{"type":"integer","minimum":0,"maximum":255}})";

}  // namespace

void ChatLogprobs::write(std::string& out, std::span<const TokenScore> scores) const {
  JsonWriter w(out);
  w.begin_object().key("content").begin_list();
  for (const TokenScore& score : scores) {
    w.begin_object();
    write_token(w, score.sampled);
    w.key("top_logprobs").begin_list();
    for (const ScoredToken& token : score.likeliest) {
      w.begin_object();
      write_token(w, token);
      w.end_object();
    }
    w.end_list().end_object();
  }
  w.end_list().member_null("refusal").end_object();
}

void TextLogprobs::write(std::string& out, std::span<const TokenScore> scores) {
  JsonWriter w(out);
  w.begin_object().key("tokens").begin_list();
  for (const TokenScore& score : scores) w.value(name_of(score.sampled));
  w.end_list().key("token_logprobs").begin_list();
  for (const TokenScore& score : scores) w.value(score.sampled.logprob);
  w.end_list().key("top_logprobs").begin_list();
  for (const TokenScore& score : scores) write_named(w, score);
  w.end_list().key("text_offset").begin_list();
  for (const TokenScore& score : scores) {
    w.value(offset_);
    if (score.sampled.has_bytes) offset_ += code_points(score.sampled.text);
  }
  w.end_list().end_object();
}

void chat_logprobs_schema(JsonWriter& w) {
  std::string s = R"({"type":["object","null"],"properties":{"content":{"type":"array","items":{"type":"object","properties":{)";
  s.append(token_members).append(R"(,"top_logprobs":{"type":"array","maxItems":20,"items":{"type":"object","properties":{)");
  s.append(token_members).append(R"(},"required":["token","logprob","bytes"]}}},"required":["token","logprob","bytes","top_logprobs"]}},)");
  s.append(R"("refusal":{"type":"null"}},"required":["content","refusal"]})");
  w.raw(s);
}

void text_logprobs_schema(JsonWriter& w) {
  w.raw(
      R"({"type":["object","null"],"properties":{"tokens":{"type":"array","items":{"type":"string"}},)"
      R"("token_logprobs":{"type":"array","items":{"type":"number","maximum":0}},)"
      R"("top_logprobs":{"type":"array","items":{"type":"object","maxProperties":6,"additionalProperties":{"type":"number","maximum":0}}},)"
      R"("text_offset":{"type":"array","items":{"type":"integer","minimum":0}}},)"
      R"("required":["tokens","token_logprobs","top_logprobs","text_offset"]})");
}

}  // namespace gatehouse::wire
