// wire/json/writer.h — appends JSON to a string, without white space.
// Rules    What comes out is valid JSON as long as calls are balanced and every value in an object follows a key.
//          Ill-formed UTF-8 becomes U+FFFD, NaN and infinities become null.
// Threads  value type over a string that outlives it
#pragma once
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::wire {

// The inside of a JSON string, without quotes.
void append_json_escaped(std::string& out, std::string_view text);

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(&out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_list() { return open('['); }
  JsonWriter& end_list() { return close(']'); }

  JsonWriter& key(std::string_view name);
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(double number);
  JsonWriter& value(float number);
  JsonWriter& value(std::same_as<bool> auto truth) { return raw(truth ? "true" : "false"); }
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  JsonWriter& value(T number) {
    if constexpr (std::signed_integral<T>) {
      return integer(static_cast<std::int64_t>(number));
    } else {
      return natural(static_cast<std::uint64_t>(number));
    }
  }
  JsonWriter& null() { return raw("null"); }
  // Valid JSON, taken as it is.
  JsonWriter& raw(std::string_view json) {
    separate();
    out_->append(json);
    return *this;
  }

  template <class T>
  JsonWriter& member(std::string_view name, const T& v) {
    return key(name).value(v);
  }
  JsonWriter& member_null(std::string_view name) { return key(name).null(); }
  // An empty text is null.
  JsonWriter& member_or_null(std::string_view name, std::string_view text) { return text.empty() ? member_null(name) : member(name, text); }
  JsonWriter& member_raw(std::string_view name, std::string_view json) { return key(name).raw(json); }

 private:
  void separate() {
    if (comma_) out_->push_back(',');
    comma_ = true;
  }
  JsonWriter& open(char bracket) {
    separate();
    out_->push_back(bracket);
    comma_ = false;
    return *this;
  }
  JsonWriter& close(char bracket) {
    out_->push_back(bracket);
    comma_ = true;
    return *this;
  }
  JsonWriter& integer(std::int64_t number);
  JsonWriter& natural(std::uint64_t number);

  std::string* out_;
  bool comma_ = false;  // the next value or key needs one in front
};

}  // namespace gatehouse::wire
