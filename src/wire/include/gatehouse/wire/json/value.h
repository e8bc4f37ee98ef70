// wire/json/value.h — a read-only view of one value in a parsed JSON document.
// Layout   a place on simdjson's tape, whose format is documented and stable (doc/tape.md there); this header does without its header
// Threads  a view: valid until its JsonParser parses again or dies
// Errors   accessors of a kind may be called for values of that kind alone; the as_… ones say nothing where the kind differs
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace gatehouse::wire {

enum class JsonKind : std::uint8_t {
  object = '{',
  list = '[',
  string = '"',
  int64 = 'l',
  uint64 = 'u',  // only what does not fit int64
  real = 'd',
  true_ = 't',
  false_ = 'f',
  null = 'n',
};

// "an object", "a list", "a string", "a number", "a boolean", "null": as sentences about requests name it.
std::string_view describe_kind(JsonKind kind);

class JsonValue {
 public:
  class Items;
  class Members;

  JsonValue() = default;  // null
  JsonValue(const std::uint64_t* tape, const std::uint8_t* strings, std::size_t index) : tape_(tape), strings_(strings), at_(index) {}

  JsonKind kind() const { return static_cast<JsonKind>(tape_[at_] >> 56); }
  bool is_object() const { return kind() == JsonKind::object; }
  bool is_list() const { return kind() == JsonKind::list; }
  bool is_string() const { return kind() == JsonKind::string; }
  bool is_null() const { return kind() == JsonKind::null; }
  bool is_bool() const { return kind() == JsonKind::true_ || kind() == JsonKind::false_; }
  bool is_number() const { return kind() == JsonKind::int64 || kind() == JsonKind::uint64 || kind() == JsonKind::real; }

  // Unescaped, valid UTF-8, may hold NUL.
  std::string_view string() const {
    const std::uint8_t* p = strings_ + (tape_[at_] & payload_mask);
    std::uint32_t length = 0;
    std::memcpy(&length, p, sizeof length);
    return {reinterpret_cast<const char*>(p + sizeof length), length};
  }
  bool boolean() const { return kind() == JsonKind::true_; }

  // Any number; integers beyond 2^53 are rounded.
  std::optional<double> as_double() const {
    switch (kind()) {
      case JsonKind::int64:
        return static_cast<double>(std::bit_cast<std::int64_t>(tape_[at_ + 1]));
      case JsonKind::uint64:
        return static_cast<double>(tape_[at_ + 1]);
      case JsonKind::real:
        return std::bit_cast<double>(tape_[at_ + 1]);
      default:
        return std::nullopt;
    }
  }
  // Integral numbers that fit, 1.0 included as long as a double holds them exactly (up to 2^53).
  std::optional<std::int64_t> as_int64() const;

  // Those that are too large for that.
  std::optional<std::uint64_t> as_uint64() const { return kind() == JsonKind::uint64 ? std::optional(tape_[at_ + 1]) : std::nullopt; }

  Items items() const;      // of a list
  Members members() const;  // of an object
  // The member of an object. Linear: for a few look-ups.
  std::optional<JsonValue> find(std::string_view key) const;

 private:
  friend class Items;
  friend class Members;
  static constexpr std::uint64_t payload_mask = 0x00FF'FFFF'FFFF'FFFF;
  static constexpr std::uint64_t null_word = std::uint64_t{'n'} << 56;

  std::size_t after() const {
    switch (kind()) {
      case JsonKind::object:
      case JsonKind::list:
        return static_cast<std::uint32_t>(tape_[at_]);
      case JsonKind::int64:
      case JsonKind::uint64:
      case JsonKind::real:
        return at_ + 2;
      default:
        return at_ + 1;
    }
  }

  const std::uint64_t* tape_ = &null_word;
  const std::uint8_t* strings_ = nullptr;
  std::size_t at_ = 0;
};

struct JsonMember {
  std::string_view key;
  JsonValue value;
};

class JsonValue::Items {
 public:
  class Iterator {
   public:
    explicit Iterator(const JsonValue& at) : at_(at) {}
    const JsonValue& operator*() const { return at_; }
    Iterator& operator++() { return at_.at_ = at_.after(), *this; }
    bool operator!=(const Iterator& other) const { return at_.at_ != other.at_.at_; }

   private:
    JsonValue at_;
  };
  explicit Items(const JsonValue& list) : list_(list) {}
  Iterator begin() const { return Iterator(JsonValue(list_.tape_, list_.strings_, list_.at_ + 1)); }
  Iterator end() const { return Iterator(JsonValue(list_.tape_, list_.strings_, list_.after() - 1)); }

 private:
  JsonValue list_;
};

class JsonValue::Members {
 public:
  class Iterator {
   public:
    explicit Iterator(const JsonValue& at) : at_(at) {}
    JsonMember operator*() const { return {at_.string(), JsonValue(at_.tape_, at_.strings_, at_.at_ + 1)}; }
    Iterator& operator++() { return at_.at_ = JsonValue(at_.tape_, at_.strings_, at_.at_ + 1).after(), *this; }
    bool operator!=(const Iterator& other) const { return at_.at_ != other.at_.at_; }
    std::size_t tape_index() const { return at_.at_; }

   private:
    JsonValue at_;
  };
  explicit Members(const JsonValue& object) : object_(object) {}
  Iterator begin() const { return Iterator(JsonValue(object_.tape_, object_.strings_, object_.at_ + 1)); }
  Iterator end() const { return Iterator(JsonValue(object_.tape_, object_.strings_, object_.after() - 1)); }

 private:
  JsonValue object_;
};

inline JsonValue::Items JsonValue::items() const { return Items(*this); }
inline JsonValue::Members JsonValue::members() const { return Members(*this); }

}  // namespace gatehouse::wire
