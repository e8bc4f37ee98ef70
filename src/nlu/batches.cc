#include "gatehouse/nlu/batches.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace gatehouse::nlu {
namespace {

// A batch that grows: what it computes is as wide as its widest text and its widest prompt, for all rows.
struct Growing {
  std::size_t rows = 0;
  std::uint64_t tokens = 0;
  std::uint32_t text = 0, prompt = 0;

  Growing with(const RowShape& row) const {
    return {rows + 1, tokens + row.text + row.prompt, std::max(text, row.text), std::max(prompt, row.prompt)};
  }
  bool within(const BatchRule& rule) const {
    const double computed = static_cast<double>(rows) * (static_cast<double>(text) + static_cast<double>(prompt));
    return rows <= rule.rows && computed - static_cast<double>(tokens) <= computed * rule.padding;
  }
};

}  // namespace

std::vector<std::vector<std::size_t>> batches_by_length(std::span<const RowShape> rows, BatchRule rule) {
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    return std::tuple(rows[b].text, rows[b].prompt, a) < std::tuple(rows[a].text, rows[a].prompt, b);
  });
  std::vector<std::vector<std::size_t>> found;
  Growing batch;
  for (const std::size_t row : order) {
    const Growing grown = batch.with(rows[row]);
    const bool joins = !found.empty() && grown.within(rule);
    batch = joins ? grown : Growing{}.with(rows[row]);
    if (!joins) found.emplace_back();
    found.back().push_back(row);
  }
  return found;
}

}  // namespace gatehouse::nlu
