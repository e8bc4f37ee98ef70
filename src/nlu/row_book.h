// Rows of the lower graph, each kept once.
// Threads  value type
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "gatehouse/nlu/extraction.h"

namespace gatehouse::nlu {

class RowBook {
 public:
  std::uint32_t number_of(Row row) {
    const auto [found, fresh] = numbers_.try_emplace(std::move(row), static_cast<std::uint32_t>(rows_.size()));
    if (fresh) rows_.push_back(found->first);
    return found->second;
  }
  const std::vector<Row>& rows() const { return rows_; }

 private:
  std::vector<Row> rows_;
  std::map<Row, std::uint32_t> numbers_;
};

}  // namespace gatehouse::nlu
