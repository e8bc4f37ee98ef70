// nlu/token_rows.h — texts, pairs of texts and lists of token ids as rows that a model makes a few numbers of, and rows as calls of a
// bounded size.
// Rules    what is longer than the model reads is cut: a text at its end, of a pair the longer one first; ids without [CLS] and [SEP]
//          around them get both. Rows of like length stand in one call, the longest first
// Units    lengths in tokens
// Threads  immutable; pure functions
// Errors   token_unknown, origin caller: an id that the vocabulary does not have
// Source   how sentence-transformers reads texts, and its cross-encoders pairs
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/nlu/tokenizer.h"
#include "gatehouse/wire/text/rows.h"

namespace gatehouse::nlu {

// How such a model reads: with its weights that is all that there is to it.
struct TextReader {
  Tokenizer tokenizer;
  std::size_t longest = 512;  // a row; at least 8
};

wire::TokenRow row_of(const TextReader& reader, std::string_view text);
Result<wire::TokenRow> row_of(const TextReader& reader, std::span<const std::uint32_t> ids);

// Many texts beside one, which is read once.
class PairReader {
 public:
  PairReader(const TextReader& reader, std::string_view first);
  wire::TokenRow row_with(std::string_view second) const;

 private:
  const TextReader* reader_;
  std::vector<TokenId> first_;  // bare
};

std::uint64_t tokens_in(std::span<const wire::TokenRow> rows);

struct RowCall {
  std::vector<wire::TokenRow> rows;
  std::vector<std::size_t> places;  // which of those that were asked for each is
};
// tokens: in a call, at most; a row that has more is a call by itself.
std::vector<RowCall> plan_calls(std::vector<wire::TokenRow> rows, std::size_t tokens);

}  // namespace gatehouse::nlu
