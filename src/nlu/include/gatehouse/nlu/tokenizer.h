// nlu/tokenizer.h — a text as the pieces that a model reads, each with its place in the text: BERT's split into words, then WordPiece.
// Rules    control characters are dropped; Han characters and punctuation stand alone; in lower case marks are dropped, too; a word of
//          more than 100 characters, or one that the vocabulary cannot spell, is [UNK]; "[CLS]" in a text is text
// Units    places in code points of the text
// Threads  immutable; pure functions
// Source   tools/uninlu/tokenizer.py, which equals Hugging Face's BertTokenizer; Unicode's data are ICU's
#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/nlu/text.h"
#include "gatehouse/nlu/vocabulary.h"

namespace gatehouse::nlu {

// [CLS] first and [SEP] last; their places are empty.
struct Tokens {
  std::vector<TokenId> ids;
  std::vector<Place> places;
  std::size_t size() const { return ids.size(); }
};

class Tokenizer {
 public:
  static constexpr std::size_t longest_word = 100;
  static constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
  enum class Letters : std::uint8_t { as_they_are, lower };

  Tokenizer(Vocabulary vocabulary, Letters letters) : vocabulary_(std::move(vocabulary)), letters_(letters) {}

  // Cut to most tokens, which are at least two.
  Tokens encode(std::string_view text, std::size_t most = all) const;
  const Vocabulary& vocabulary() const { return vocabulary_; }

 private:
  Vocabulary vocabulary_;
  Letters letters_;
};

}  // namespace gatehouse::nlu
