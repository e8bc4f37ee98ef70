// gateway/ledger_book.h — the calls that are over on one reactor, until somebody writes down what they took.
// Rules    a call counts when it was admitted, however it ended, with the tokens that were really made
// Threads  its reactor
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gatehouse/limits/inflight.h"
#include "gatehouse/store/records.h"

namespace gatehouse::gateway {

class LedgerBook {
 public:
  // Where in the book calls of the same facts stand: whoever has many of them keeps it, and nothing is looked for twice.
  class Line {
    friend class LedgerBook;
    std::uint64_t edition = 0;  // of the book; another: the line is to be looked for
    store::UsageRow* row = nullptr;
    std::vector<std::int64_t*> spent;  // of each budget, in the period that its calls begin in
  };

  // A call is over, or several of the same facts.
  void add(const limits::CallFacts& facts, const limits::CallUse& use);
  // The same; line: of these facts.
  void add(const limits::CallFacts& facts, const limits::CallUse& use, Line& line);

  struct Taken {
    std::vector<store::UsageRow> usage;
    std::vector<store::BudgetSpend> spent;
    std::vector<store::Digest> charged;  // calls that are made once
    bool empty() const { return usage.empty(); }
  };
  // All of it; the book is empty then.
  Taken take();

 private:
  using Used = std::tuple<std::string, store::Day, std::string, std::string>;  // tenant, day, model, task
  void find(const limits::CallFacts& facts, Line& line);

  std::uint64_t edition_ = 1;  // grows with each time that it is emptied
  std::vector<store::Digest> charged_;
  std::map<Used, store::UsageRow, std::less<>> usage_;
  std::map<std::pair<std::uint32_t, std::int64_t>, std::int64_t> spent_;  // by budget and period
};

}  // namespace gatehouse::gateway
