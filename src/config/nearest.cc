#include "gatehouse/config/nearest.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "gatehouse/base/assert.h"

namespace gatehouse::config {
namespace {

constexpr std::size_t looked_at = 64;

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  a = a.substr(0, looked_at);
  b = b.substr(0, looked_at);
  std::array<std::size_t, looked_at + 1> row{};
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string_view nearest(std::string_view written, std::span<const std::string_view> words) {
  GH_ASSERT(!words.empty());
  return *std::ranges::min_element(words, {}, [written](std::string_view word) { return edit_distance(written, word); });
}

}  // namespace gatehouse::config
