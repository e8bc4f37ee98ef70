// gateway/usage.h — what the answers of one reactor have used, until somebody writes it down.
// Rules    a request counts when it was admitted, however it ended, with the tokens that were really made
// Threads  its reactor
#pragma once
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/gateway/generation.h"
#include "gatehouse/store/records.h"

namespace gatehouse::gateway {

class UsageBook {
 public:
  void add(const TenantId& tenant, const std::string& model, const Usage& usage, WallTime at);
  // All of it; the book is empty then.
  std::vector<store::UsageRow> take();
  // What could not be written.
  void put_back(const std::vector<store::UsageRow>& rows);

 private:
  using Key = std::tuple<std::string, store::Day, std::string, std::string>;  // tenant, day, model, task
  store::UsageRow& row(const TenantId& tenant, store::Day day, const ModelName& model, const std::string& task);
  std::map<Key, store::UsageRow> rows_;
};

}  // namespace gatehouse::gateway
