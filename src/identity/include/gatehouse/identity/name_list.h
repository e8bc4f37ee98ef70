// identity/name_list.h — which models a tenant, a key or a token may use: some by name, or all.
// Threads  value type
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::identity {

class NameList {
 public:
  // Nothing.
  NameList() = default;
  // "*" is all.
  explicit NameList(std::vector<std::string> names);
  static NameList everything() { return NameList({"*"}); }

  bool has(std::string_view name) const;
  bool has_all() const { return all_; }
  // Whether everything that is in the other is in here.
  bool covers(const NameList& other) const;
  friend bool operator==(const NameList&, const NameList&) = default;

 private:
  bool all_ = false;
  std::vector<std::string> names_;  // sorted
};

}  // namespace gatehouse::identity
