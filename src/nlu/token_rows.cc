#include "gatehouse/nlu/token_rows.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

namespace gatehouse::nlu {
namespace {

constexpr std::size_t marks_of_a_text = 2, marks_of_a_pair = 3;

// How much of each is left where both together have room for so many: the longer one is cut first, token by token.
std::pair<std::size_t, std::size_t> cut_longest_first(std::size_t first, std::size_t second, std::size_t room) {
  if (first + second <= room) return {first, second};
  const std::size_t shorter = std::min(first, second);
  if (shorter <= room / 2) return first < second ? std::pair(first, room - first) : std::pair(room - second, second);
  return first <= second ? std::pair(room / 2, room - room / 2) : std::pair(room - room / 2, room / 2);
}

wire::TokenRow one_text(std::vector<TokenId> ids) {
  wire::TokenRow row;
  row.second = static_cast<std::uint32_t>(ids.size());
  row.ids = std::move(ids);
  return row;
}

std::vector<TokenId> bare_ids(const TextReader& reader, std::string_view text) {
  std::vector<TokenId> ids = reader.tokenizer.encode(text, reader.longest).ids;
  ids.pop_back();
  ids.erase(ids.begin());
  return ids;
}

}  // namespace

wire::TokenRow row_of(const TextReader& reader, std::string_view text) {
  return one_text(reader.tokenizer.encode(text, reader.longest).ids);
}

Result<wire::TokenRow> row_of(const TextReader& reader, std::span<const std::uint32_t> ids) {
  const Vocabulary& vocabulary = reader.tokenizer.vocabulary();
  const auto unknown = std::ranges::find_if(ids, [&](std::uint32_t id) { return id >= vocabulary.size(); });
  if (unknown != ids.end()) {
    return caller_error("token_unknown", "There is no token " + std::to_string(*unknown) + ": the model's vocabulary has " +
                                             std::to_string(vocabulary.size()));
  }
  const bool marked = ids.size() >= marks_of_a_text && ids.front() == vocabulary.begin() && ids.back() == vocabulary.end();
  if (marked) ids = ids.subspan(1, ids.size() - marks_of_a_text);
  ids = ids.first(std::min(ids.size(), reader.longest - marks_of_a_text));
  std::vector<TokenId> row{vocabulary.begin()};
  row.insert(row.end(), ids.begin(), ids.end());
  row.push_back(vocabulary.end());
  return one_text(std::move(row));
}

PairReader::PairReader(const TextReader& reader, std::string_view first) : reader_(&reader), first_(bare_ids(reader, first)) {}

wire::TokenRow PairReader::row_with(std::string_view second) const {
  const Vocabulary& vocabulary = reader_->tokenizer.vocabulary();
  const std::vector<TokenId> other = bare_ids(*reader_, second);
  const auto [of_first, of_second] = cut_longest_first(first_.size(), other.size(), reader_->longest - marks_of_a_pair);
  wire::TokenRow row;
  row.ids.reserve(of_first + of_second + marks_of_a_pair);
  row.ids.push_back(vocabulary.begin());
  row.ids.insert(row.ids.end(), first_.begin(), first_.begin() + static_cast<std::ptrdiff_t>(of_first));
  row.ids.push_back(vocabulary.end());
  row.second = static_cast<std::uint32_t>(row.ids.size());
  row.ids.insert(row.ids.end(), other.begin(), other.begin() + static_cast<std::ptrdiff_t>(of_second));
  row.ids.push_back(vocabulary.end());
  return row;
}

std::uint64_t tokens_in(std::span<const wire::TokenRow> rows) {
  return std::accumulate(rows.begin(), rows.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const wire::TokenRow& row) { return sum + row.ids.size(); });
}

std::vector<RowCall> plan_calls(std::vector<wire::TokenRow> rows, std::size_t tokens) {
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order,
                    [&](std::size_t a, std::size_t b) { return std::pair(rows[b].ids.size(), a) < std::pair(rows[a].ids.size(), b); });
  std::vector<RowCall> calls;
  std::size_t taken = 0;
  for (const std::size_t place : order) {
    if (calls.empty() || taken + rows[place].ids.size() > tokens) {
      calls.emplace_back();
      taken = 0;
    }
    taken += rows[place].ids.size();
    calls.back().rows.push_back(std::move(rows[place]));
    calls.back().places.push_back(place);
  }
  return calls;
}

}  // namespace gatehouse::nlu
