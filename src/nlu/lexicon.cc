#include "gatehouse/nlu/lexicon.h"

#include <algorithm>

#include "code_point.h"

namespace gatehouse::nlu {
namespace {

constexpr std::size_t most_lexicon_bytes = 4UL * 1024 * 1024, most_names = 100'000, longest_name = 64, longest_type = 256;

Error lexicon_invalid(std::string text) { return caller_error("lexicon_invalid", std::move(text)); }

// Well-formed, of 1 to most code points, no control character among them.
bool is_word(std::string_view text, std::size_t most) {
  std::size_t length = 0;
  for (; !text.empty(); ++length) {
    const std::size_t bytes = wire::utf8_sequence(text);
    if (bytes == 0 || first_code_point(text).value < 0x20) return false;
    text.remove_prefix(bytes);
  }
  return length >= 1 && length <= most;
}

}  // namespace

Result<Lexicon> Lexicon::read(std::string_view bytes) {
  if (bytes.size() > most_lexicon_bytes) return lexicon_invalid("A lexicon has at most 4 MiB");
  Lexicon lexicon;
  lexicon.edition_ = std::hash<std::string_view>{}(bytes);
  std::size_t names = 0;
  for (std::size_t number = 1; !bytes.empty(); ++number) {
    std::string_view line = bytes.substr(0, bytes.find('\n'));
    bytes.remove_prefix(std::min(line.size() + 1, bytes.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    if (++names > most_names) return lexicon_invalid("A lexicon has at most 100000 names");
    const std::size_t tab = line.find('\t');
    const bool whole =
        tab != std::string_view::npos && is_word(line.substr(0, tab), longest_name) && is_word(line.substr(tab + 1), longest_type);
    if (!whole) return lexicon_invalid("Line " + std::to_string(number) + " of the lexicon is not a name, a tab and a type");
    lexicon.add(line.substr(0, tab), line.substr(tab + 1));
  }
  return lexicon;
}

void Lexicon::add(std::string_view name, std::string_view type) {
  Names& names = types_.try_emplace(std::string(type)).first->second;
  if (!names.all.emplace(name).second) return;
  std::vector<std::uint32_t>& lengths = names.lengths[first_code_point(name).value];
  const auto length = static_cast<std::uint32_t>(wire::code_points(name));
  const auto at = std::ranges::lower_bound(lengths, length, std::ranges::greater{});
  if (at == lengths.end() || *at != length) lengths.insert(at, length);
}

std::vector<Place> Lexicon::find(const Text& text, std::string_view type) const {
  std::vector<Place> found;
  const auto names = types_.find(type);
  if (names == types_.end()) return found;
  for (std::uint32_t at = 0; at < text.size();) {
    const auto lengths = names->second.lengths.find(first_code_point(text.slice({at, at + 1})).value);
    Place longest{at, at};
    if (lengths != names->second.lengths.end()) {
      for (const std::uint32_t length : lengths->second) {
        if (length > text.size() - at || !names->second.all.contains(text.slice({at, at + length}))) continue;
        longest.end = at + length;
        break;
      }
    }
    if (!longest.empty()) found.push_back(longest);
    at = std::max(longest.end, at + 1);
  }
  return found;
}

std::size_t Lexicon::size() const {
  std::size_t names = 0;
  for (const auto& [type, of_type] : types_) names += of_type.all.size();
  return names;
}

}  // namespace gatehouse::nlu
