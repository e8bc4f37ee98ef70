// nlu/vocabulary.h — the pieces that a model knows: vocab.txt, a piece a line, numbered from 0.
// Rules    "##" in front: continues a word; of two equal lines the later one counts
// Limits   16 MiB, 2^18 lines
// Threads  immutable once read
// Errors   vocabulary_invalid (operator): no UTF-8, too large, or [PAD], [UNK], [CLS] or [SEP] is missing
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gatehouse/base/result.h"

namespace gatehouse::nlu {

using TokenId = std::uint32_t;

class Vocabulary {
 public:
  // name stands in errors.
  static Result<Vocabulary> read(std::string_view bytes, std::string_view name);

  // A piece that a word begins with, and one that goes on with it, without its "##".
  std::optional<TokenId> beginning(std::string_view piece) const { return find(beginnings_, piece); }
  std::optional<TokenId> continuation(std::string_view piece) const { return find(continuations_, piece); }
  // Of any piece, in bytes.
  std::size_t longest() const { return longest_; }
  std::size_t size() const { return size_; }

  TokenId pad() const { return pad_; }
  TokenId unknown() const { return unknown_; }
  TokenId begin() const { return begin_; }  // [CLS]
  TokenId end() const { return end_; }      // [SEP]

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using Pieces = std::unordered_map<std::string, TokenId, Hash, std::equal_to<>>;
  static std::optional<TokenId> find(const Pieces& pieces, std::string_view piece) {
    const auto found = pieces.find(piece);
    return found == pieces.end() ? std::nullopt : std::optional(found->second);
  }
  void add(std::string_view line);

  Pieces beginnings_, continuations_;
  std::size_t longest_ = 0, size_ = 0;
  TokenId pad_ = 0, unknown_ = 0, begin_ = 0, end_ = 0;
};

}  // namespace gatehouse::nlu
