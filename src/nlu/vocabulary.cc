#include "gatehouse/nlu/vocabulary.h"

#include <algorithm>

#include "gatehouse/wire/json/utf8.h"

namespace gatehouse::nlu {
namespace {

constexpr std::size_t most_vocabulary_bytes = 16UL * 1024 * 1024, most_lines = 1UL << 18;
constexpr std::string_view continues = "##";

Error invalid(std::string_view name, std::string_view what) {
  return operator_error("vocabulary_invalid", std::string(name) + ": " + std::string(what));
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = wire::utf8_sequence(text);
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

}  // namespace

Result<Vocabulary> Vocabulary::read(std::string_view bytes, std::string_view name) {
  if (bytes.size() > most_vocabulary_bytes) return invalid(name, "a vocabulary has at most 16 MiB");
  if (!is_utf8(bytes)) return invalid(name, "is not UTF-8");
  Vocabulary vocabulary;
  while (!bytes.empty()) {
    std::string_view line = bytes.substr(0, bytes.find('\n'));
    bytes.remove_prefix(std::min(line.size() + 1, bytes.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (vocabulary.size_ == most_lines) return invalid(name, "a vocabulary has at most 262144 lines");
    vocabulary.add(line);
  }
  struct Special {
    std::string_view piece;
    TokenId* id;
  };
  const Special specials[] = {
      {"[PAD]", &vocabulary.pad_}, {"[UNK]", &vocabulary.unknown_}, {"[CLS]", &vocabulary.begin_}, {"[SEP]", &vocabulary.end_}};
  for (const Special& special : specials) {
    const std::optional<TokenId> found = vocabulary.beginning(special.piece);
    if (!found) return invalid(name, std::string(special.piece) + " is missing");
    *special.id = *found;
  }
  return vocabulary;
}

void Vocabulary::add(std::string_view line) {
  const auto id = static_cast<TokenId>(size_++);
  Pieces& pieces = line.starts_with(continues) ? continuations_ : beginnings_;
  if (&pieces == &continuations_) line.remove_prefix(continues.size());
  longest_ = std::max(longest_, line.size());
  pieces.insert_or_assign(std::string(line), id);
}

}  // namespace gatehouse::nlu
