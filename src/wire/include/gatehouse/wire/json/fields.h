// wire/json/fields.h — what a request type is, said once: reader, validator and schema come from the same list of fields.
//
//   template <> struct Description<Pair> {
//     static constexpr auto fields() {
//       return std::array{field<&Pair::left>("left", "how many").range(0, 9).required(), ...};
//     }
//   };
// stands in one .cc a message, beside codec.h; the message's header offers plain functions.
// Rules    unknown members, wrong kinds, values out of range and missing members are all reported at once, by JSON pointer;
//          booleans and numeric strings are no numbers; 1.0 is an integer and 0.5 is none; null in a nullable field is absence;
//          lengths of strings are in Unicode code points
// Errors   invalid_value, unsupported_parameter (every fault is an unknown member): invalid_argument, with faults and param
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/error.h"
#include "gatehouse/wire/json/value.h"
#include "gatehouse/wire/json/writer.h"

namespace gatehouse::wire {

inline constexpr std::uint32_t no_limit = std::numeric_limits<std::uint32_t>::max();

// What a value must keep to; each kind of value reads the parts that concern it.
struct Rules {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  std::int64_t int_low = std::numeric_limits<std::int64_t>::min();
  std::int64_t int_high = std::numeric_limits<std::int64_t>::max();
  std::uint32_t min_length = 0, max_length = no_limit;  // code points of a string (of each string in a list)
  std::uint32_t min_items = 0, max_items = no_limit;    // of a list, or members of an object of any shape
  std::span<const std::string_view> choices = {};
  bool nullable = false;
};

// Collects what is wrong while a document is read.
class Reading {
 public:
  // At the value that is being read.
  void fault(std::string message, std::string expected);
  // At one of its members, which may be missing.
  void fault_at(std::string_view member, std::string message, std::string expected);
  void unknown_member(std::string_view member, std::string_view nearest);

  bool clean() const { return faults_.empty(); }
  std::size_t count() const { return faults_.size(); }
  // So many that more would help nobody: readers of lists stop.
  bool full() const { return faults_.size() >= most; }
  // Only when not clean.
  Error error() &&;

 private:
  friend class PathStep;
  static constexpr std::size_t most = 64;
  std::string pointer() const;
  void add(std::string path, std::string message, std::string expected);

  const class PathStep* path_ = nullptr;
  std::vector<FieldFault> faults_;
  bool only_unknown_ = true;
};

// One step into the document, for as long as it lives; nothing is built unless a fault asks for its path.
class PathStep {
 public:
  PathStep(Reading& reading, std::string_view key) : reading_(&reading), up_(reading.path_), key_(key) { reading.path_ = this; }
  PathStep(Reading& reading, std::size_t index) : reading_(&reading), up_(reading.path_), index_(index) { reading.path_ = this; }
  ~PathStep() { reading_->path_ = up_; }
  PathStep(const PathStep&) = delete;
  PathStep& operator=(const PathStep&) = delete;

 private:
  friend class Reading;
  Reading* reading_;
  const PathStep* up_;
  std::string_view key_ = {};  // no data: a step into a list
  std::size_t index_ = 0;
};

// "/messages/0/role" as people write it: "messages[0].role".
std::string dotted_path(std::string_view pointer);

struct Field {
  using Read = void (*)(const JsonValue&, void* owner, const Rules&, Reading&);
  using Schema = void (*)(JsonWriter&, const Rules&);  // the keywords, into an open object

  std::string_view name, doc;
  Read read = nullptr;
  Schema schema = nullptr;
  Rules rules = {};
  bool must_be_there = false;
  std::string_view default_json = {};

  constexpr Field range(std::int64_t low, std::int64_t high) const {
    Field f = *this;
    f.rules.int_low = low, f.rules.int_high = high;
    f.rules.low = static_cast<double>(low), f.rules.high = static_cast<double>(high);
    return f;
  }
  constexpr Field length(std::uint32_t low, std::uint32_t high) const {
    Field f = *this;
    f.rules.min_length = low, f.rules.max_length = high;
    return f;
  }
  constexpr Field items(std::uint32_t low, std::uint32_t high) const {
    Field f = *this;
    f.rules.min_items = low, f.rules.max_items = high;
    return f;
  }
  // The names must have static storage.
  constexpr Field choices(std::span<const std::string_view> names) const {
    Field f = *this;
    f.rules.choices = names;
    return f;
  }
  constexpr Field nullable() const {
    Field f = *this;
    f.rules.nullable = true;
    return f;
  }
  constexpr Field required() const {
    Field f = *this;
    f.must_be_there = true;
    return f;
  }
  // What absence means, as JSON; for the schema. The member's initial value is what makes it so.
  constexpr Field by_default(std::string_view json) const {
    Field f = *this;
    f.default_json = json;
    return f;
  }
};

// owner is the struct that the fields' members belong to. At most 64 fields.
void read_object(const JsonValue& value, void* owner, std::span<const Field> fields, Reading& reading);
void write_object_schema(JsonWriter& w, std::span<const Field> fields, bool nullable);

template <std::size_t A, std::size_t B>
constexpr std::array<Field, A + B> join(const std::array<Field, A>& a, const std::array<Field, B>& b) {
  std::array<Field, A + B> out{};
  for (std::size_t i = 0; i < A; ++i) out[i] = a[i];
  for (std::size_t i = 0; i < B; ++i) out[A + i] = b[i];
  return out;
}

// Specialised for each described type, with fields() and, where rules hold across fields, check(const T&, Reading&) and
// across(JsonWriter&), which adds the keywords that say the same in the schema.
template <class T>
struct Description;

}  // namespace gatehouse::wire
