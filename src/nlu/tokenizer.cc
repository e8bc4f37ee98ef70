#include "gatehouse/nlu/tokenizer.h"

#include <algorithm>
#include <optional>
#include <string>

#include "characters.h"
#include "code_point.h"
#include "gatehouse/base/assert.h"

namespace gatehouse::nlu {
namespace {

// The word that is being read: its characters as the vocabulary has them, each with the place that it came from.
class Word {
 public:
  void push(char32_t character, std::uint32_t at) {
    if (places_.size() <= Tokenizer::longest_word) {  // beyond that how it is spelled does not matter
      starts_.push_back(spelled_.size());
      append_utf8(spelled_, character);
      places_.push_back(at);
    }
    end_ = at + 1;
  }
  bool empty() const { return places_.empty(); }
  void clear() { spelled_.clear(), starts_.clear(), places_.clear(); }

  // Appends the longest pieces that it can be put together of, from its beginning on; [UNK] where it cannot.
  void split(const Vocabulary& vocabulary, Tokens& out) const {
    const std::size_t before = out.size();
    if (places_.size() <= Tokenizer::longest_word && spell(vocabulary, out)) return;
    out.ids.resize(before), out.places.resize(before);
    out.ids.push_back(vocabulary.unknown());
    out.places.push_back({places_.front(), end_});
  }

 private:
  bool spell(const Vocabulary& vocabulary, Tokens& out) const {
    for (std::size_t first = 0; first < places_.size();) {
      std::size_t last = places_.size();
      std::optional<TokenId> id;
      for (; last > first; --last) {
        const std::size_t end = last == places_.size() ? spelled_.size() : starts_[last];
        const std::string_view piece = std::string_view(spelled_).substr(starts_[first], end - starts_[first]);
        if (piece.size() > vocabulary.longest()) continue;
        id = first == 0 ? vocabulary.beginning(piece) : vocabulary.continuation(piece);
        if (id) break;
      }
      if (!id) return false;
      out.ids.push_back(*id);
      out.places.push_back({places_[first], places_[last - 1] + 1});
      first = last;
    }
    return true;
  }

  std::string spelled_;
  std::vector<std::size_t> starts_;
  std::vector<std::uint32_t> places_;
  std::uint32_t end_ = 0;  // of all of it
};

// Cuts a text into words, and those into tokens as soon as they are whole.
class Splitter {
 public:
  Splitter(const Vocabulary& vocabulary, Tokenizer::Letters letters, Tokens& out)
      : vocabulary_(&vocabulary), letters_(letters), out_(&out) {}

  void take(char32_t character, std::uint32_t at) {
    const Role role = role_of(character);
    if (role == Role::dropped) return;
    if (role == Role::space) return finish();
    shown_.clear();
    if (letters_ == Tokenizer::Letters::lower) {
      append_plain(shown_, character);
    } else {
      shown_.push_back(character);
    }
    for (const char32_t c : shown_) put(c, role == Role::alone ? role : role_of(c), at);
  }

  void finish() {
    if (word_.empty()) return;
    word_.split(*vocabulary_, *out_);
    word_.clear();
  }

 private:
  // What a character becomes may be a space or stand alone where the character itself is part of a word.
  void put(char32_t c, Role role, std::uint32_t at) {
    if (role != Role::alone && role != Role::space) return word_.push(c, at);
    finish();
    if (role_of(c) == Role::space) return;
    word_.push(c, at);
    finish();
  }

  const Vocabulary* vocabulary_;
  Tokenizer::Letters letters_;
  Tokens* out_;
  Word word_;
  std::u32string shown_;
};

}  // namespace

Tokens Tokenizer::encode(std::string_view text, std::size_t most) const {
  GH_ASSERT(most >= 2);
  Tokens tokens;
  tokens.ids.push_back(vocabulary_.begin());
  tokens.places.emplace_back();
  Splitter splitter(vocabulary_, letters_, tokens);
  for (std::uint32_t at = 0; !text.empty() && tokens.size() < most; ++at) {
    const CodePoint next = first_code_point(text);
    splitter.take(next.value, at);
    text.remove_prefix(next.bytes);
  }
  splitter.finish();
  if (tokens.size() > most - 1) tokens.ids.resize(most - 1), tokens.places.resize(most - 1);
  tokens.ids.push_back(vocabulary_.end());
  tokens.places.emplace_back();
  return tokens;
}

}  // namespace gatehouse::nlu
