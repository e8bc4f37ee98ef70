// adapters/store_sqlite/columns.h — values that take more than a bind: lists, digests, dates; and what rows become.
// Errors   store_record_unreadable: a row that this Gatehouse could not have written
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "database.h"
#include "gatehouse/base/result.h"
#include "gatehouse/store/records.h"

namespace gatehouse::adapters {

Error unreadable(std::string_view what, std::string_view text);

std::string list_text(const std::vector<std::string>& list);
Result<std::vector<std::string>> list_of(std::string_view text);

inline Bytes bytes_of(const store::Digest& digest) {
  return Bytes(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}
Result<store::Digest> digest_of(std::string_view bytes);
Result<store::Day> day_of(std::string_view text);

template <class Record>
using RowReader = Result<Record> (*)(const Statement& row);

// One row where one must be, else the error.
template <class Record>
Result<Record> only_row(Statement& statement, RowReader<Record> read, Error (*none)()) {
  GH_TRY(const Step step, statement.step());
  if (step != Step::row) return none();
  return read(statement);
}

template <class Record>
Result<std::vector<Record>> all_rows(Statement& statement, RowReader<Record> read) {
  std::vector<Record> records;
  for (;;) {
    GH_TRY(const Step step, statement.step());
    if (step != Step::row) return records;
    GH_TRY(Record record, read(statement));
    records.push_back(std::move(record));
  }
}

}  // namespace gatehouse::adapters
