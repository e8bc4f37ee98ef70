// nlu/lexicon.h — names that a tenant's texts hold and no model can know: found wherever they stand, character by character.
// Rules    a line is a name, a tab and a type, which is a key of schemas; empty lines and those that begin with # say nothing. Where names
//          begin at one place the longest is found, and what is found overlaps nothing else of its type
// Limits   4 MiB, 100 000 names; a name has 1 to 64 code points, a type 1 to 256
// Threads  immutable once read
// Errors   lexicon_invalid → invalid_argument, origin caller; the text names the line
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/nlu/text.h"

namespace gatehouse::nlu {

class Lexicon {
 public:
  static Result<Lexicon> read(std::string_view bytes);

  // From left to right.
  std::vector<Place> find(const Text& text, std::string_view type) const;
  std::size_t size() const;
  // Of the bytes that it was read from: another one where they are others.
  std::uint64_t edition() const { return edition_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  // Of one type: its names, and how long those are, from long to short, that begin with a character.
  struct Names {
    std::unordered_set<std::string, Hash, std::equal_to<>> all;
    std::unordered_map<char32_t, std::vector<std::uint32_t>> lengths;  // in code points
  };
  void add(std::string_view name, std::string_view type);

  std::unordered_map<std::string, Names, Hash, std::equal_to<>> types_;
  std::uint64_t edition_ = 0;
};

}  // namespace gatehouse::nlu
