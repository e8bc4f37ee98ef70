// wire/grammar/values.h — rules that most schemas need: values of each kind, white space, strings of a length.
// Threads  value type over rules that outlive it
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules.h"

namespace gatehouse::wire::grammar {

// Of an object whose members nobody names, and of a list: how its parts go together.
struct Count {
  std::uint32_t least = 0, most = unbounded;
};

class Values {
 public:
  explicit Values(Rules& rules) : rules_(rules) {}

  RuleId space();   // little or none
  RuleId any();     // any value
  RuleId string();  // any
  RuleId integer();
  RuleId number();
  RuleId truth();
  RuleId null();
  RuleId object() { return object_of(any()); }
  RuleId list() { return list_of(any(), {}); }
  RuleId string_of(const Count& characters);
  // "date", "time", "date-time", "uuid", "ipv4"; nothing for another.
  std::optional<RuleId> string_in(std::string_view format);
  RuleId object_of(RuleId value);
  RuleId list_of(RuleId item, const Count& items);
  // One of these; where they begin alike it is written once.
  RuleId one_of(std::vector<std::string> texts);
  // A comma and what follows it.
  RuleId next(RuleId what);

 private:
  using Made = std::optional<RuleId>;
  RuleId character();
  RuleId rest_of(std::span<const std::string> texts, std::size_t at);

  Rules& rules_;
  Made space_, any_, string_, integer_, number_, truth_, null_, character_;
};

}  // namespace gatehouse::wire::grammar
