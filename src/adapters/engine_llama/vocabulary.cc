#include "vocabulary.h"

#include <algorithm>
#include <exception>
#include <functional>
#include <limits>
#include <utility>

#include "gatehouse/base/assert.h"

namespace gatehouse::adapters {
namespace {

using engine::Token;

constexpr std::string_view blanks = " \t\r\n\f\v";

std::string piece_text(const llama_vocab* vocab, Token token, bool with_control) {
  std::string text(32, '\0');
  std::int32_t n = llama_token_to_piece(vocab, token, text.data(), static_cast<std::int32_t>(text.size()), 0, with_control);
  if (n < 0) {
    text.resize(static_cast<std::size_t>(-n));
    n = llama_token_to_piece(vocab, token, text.data(), -n, 0, with_control);
  }
  text.resize(static_cast<std::size_t>(std::max(n, 0)));
  return text;
}

void strip_end(std::string& text) { text.erase(text.find_last_not_of(blanks) + 1); }

}  // namespace

Vocabulary::Vocabulary(ModelHandle model) : model_(std::move(model)), vocab_(llama_model_get_vocab(model_.get())) {
  collect_pieces();
  collect_controls();
}

void Vocabulary::collect_pieces() {
  const Token count = llama_vocab_n_tokens(vocab_);
  starts_.reserve(static_cast<std::size_t>(count) + 1);
  ends_.resize(static_cast<std::size_t>(count));
  for (Token token = 0; token < count; ++token) {
    starts_.push_back(static_cast<std::uint32_t>(bytes_.size()));
    ends_[static_cast<std::size_t>(token)] = llama_vocab_is_eog(vocab_, token);
    if (!llama_vocab_is_control(vocab_, token)) bytes_ += piece_text(vocab_, token, false);
  }
  starts_.push_back(static_cast<std::uint32_t>(bytes_.size()));
}

void Vocabulary::collect_controls() {
  for (Token token = 0; token < static_cast<Token>(size()); ++token) {
    const unsigned attributes = llama_vocab_get_attr(vocab_, token);
    if ((attributes & (LLAMA_TOKEN_ATTR_CONTROL | LLAMA_TOKEN_ATTR_UNKNOWN)) == 0) continue;
    const char* text = llama_vocab_get_text(vocab_, token);
    if (text == nullptr || *text == '\0') continue;
    controls_[static_cast<unsigned char>(*text)].push_back(
        Control{text, token, (attributes & LLAMA_TOKEN_ATTR_LSTRIP) != 0, (attributes & LLAMA_TOKEN_ATTR_RSTRIP) != 0});
  }
  for (auto& same_start : controls_) {
    std::ranges::sort(same_start, std::ranges::greater(), [](const Control& control) { return control.text.size(); });
  }
}

const Vocabulary::Control* Vocabulary::control_at(std::string_view text) const {
  for (const Control& control : controls_[static_cast<unsigned char>(text.front())]) {
    if (text.starts_with(control.text)) return &control;
  }
  return nullptr;
}

bool Vocabulary::has_control_text(std::string_view text) const {
  while (!text.empty()) {
    if (control_at(text) != nullptr) return true;
    text.remove_prefix(1);
  }
  return false;
}

void Vocabulary::show(std::string_view control) {
  const Control* found = control.empty() ? nullptr : control_at(control);
  if (found == nullptr || found->text != control || !piece(found->token).empty() || is_end(found->token)) return;
  shown_.emplace_back(found->token, found->text);
}

bool Vocabulary::hides(std::string_view text) const {
  while (!text.empty()) {
    const Control* control = control_at(text);
    if (control != nullptr && piece(control->token) != control->text) return true;
    text.remove_prefix(control == nullptr ? 1 : control->text.size());
  }
  return false;
}

std::string Vocabulary::without_control_text(std::string_view text) const {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Control* control = control_at(text);
    const std::size_t taken = control == nullptr ? 1 : control->text.size();
    control == nullptr ? out.push_back(text.front()) : static_cast<void>(out.append(taken, 'x'));
    text.remove_prefix(taken);
  }
  return out;
}

std::string Vocabulary::with_marked_control_text(std::string_view text, std::string_view before, std::string_view behind) const {
  std::string out;
  while (!text.empty()) {
    const Control* control = control_at(text);
    const std::string_view taken = text.substr(0, control == nullptr ? 1 : control->text.size());
    control == nullptr ? out.append(taken) : out.append(before).append(taken).append(behind);
    text.remove_prefix(taken.size());
  }
  return out;
}

Status Vocabulary::append_plain(std::string_view text, std::vector<Token>& out) const {
  if (text.empty()) return ok();
  if (text.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max() / 2))
    return caller_error("invalid_prompt", "The prompt is too long");
  const std::size_t before = out.size();
  const auto bytes = static_cast<std::int32_t>(text.size());
  std::int32_t room = bytes + 8, n = 0;  // a token takes a byte or more, but for a leading blank that some vocabularies add
  do {
    room = std::max(room, -n);
    out.resize(before + static_cast<std::size_t>(room));
    n = llama_tokenize(vocab_, text.data(), bytes, out.data() + before, room, false, false);
  } while (n < 0 && -n > room && n != std::numeric_limits<std::int32_t>::min());
  out.resize(before + static_cast<std::size_t>(std::max(n, 0)));
  if (n < 0) return caller_error("invalid_prompt", "The prompt cannot be tokenised");
  // Some vocabularies join plain pieces into a token that has a control token's text.
  const bool clean =
      std::none_of(out.begin() + static_cast<std::ptrdiff_t>(before), out.end(), [this](Token token) { return is_control(token); });
  return clean ? ok() : Status(caller_error("invalid_prompt", "The prompt holds text that the model reserves for itself"));
}

Status Vocabulary::append_part(const PromptPart& part, std::string& plain, bool& strip_next, std::vector<Token>& out) const {
  std::string_view rest = part.text;
  while (!rest.empty()) {
    if (strip_next) rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
    if (rest.empty()) break;
    strip_next = false;
    if (part.author == Author::caller) {
      plain += rest;
      break;
    }
    const Control* control = control_at(rest);
    if (control == nullptr) {
      plain += rest.front();
      rest.remove_prefix(1);
      continue;
    }
    if (control->strips_left) strip_end(plain);
    GH_CHECK(append_plain(plain, out));
    plain.clear();
    out.push_back(control->token);
    strip_next = control->strips_right;
    rest.remove_prefix(control->text.size());
  }
  return ok();
}

Result<std::vector<Token>> Vocabulary::tokenise(std::span<const PromptPart> parts) const {
  std::vector<Token> out;
  std::string plain;
  bool strip_next = false;
  try {
    for (const PromptPart& part : parts) GH_CHECK(append_part(part, plain, strip_next, out));
    GH_CHECK(append_plain(plain, out));
  } catch (const BrokenInvariant&) {
    throw;
  } catch (const std::exception& why) {
    return caller_error("invalid_prompt", "The prompt cannot be tokenised").with_detail(why.what());
  }
  const bool has_bos = !out.empty() && out.front() == bos();
  if (llama_vocab_get_add_bos(vocab_) && !has_bos && bos() >= 0) out.insert(out.begin(), bos());
  return out;
}

std::string_view Vocabulary::piece(Token token) const {
  GH_ASSERT(token >= 0 && static_cast<std::size_t>(token) < size());
  const auto at = static_cast<std::size_t>(token);
  const std::string_view bytes = std::string_view(bytes_).substr(starts_[at], starts_[at + 1] - starts_[at]);
  if (!bytes.empty()) return bytes;
  const auto shown = std::ranges::find(shown_, token, &std::pair<Token, std::string>::first);
  return shown == shown_.end() ? bytes : std::string_view(shown->second);
}

std::string Vocabulary::text_of(Token token) const { return token < 0 ? std::string() : piece_text(vocab_, token, true); }

bool Vocabulary::is_end(Token token) const {
  return token >= 0 && static_cast<std::size_t>(token) < ends_.size() && ends_[static_cast<std::size_t>(token)];
}

bool Vocabulary::is_control(Token token) const { return llama_vocab_is_control(vocab_, token) || is_end(token); }
Token Vocabulary::bos() const { return llama_vocab_bos(vocab_); }
Token Vocabulary::eos() const { return llama_vocab_eos(vocab_); }

}  // namespace gatehouse::adapters
