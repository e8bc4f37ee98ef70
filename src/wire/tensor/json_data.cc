#include "tensor/json_data.h"

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "gatehouse/base/assert.h"

namespace gatehouse::wire {
namespace {

template <class T>
void append_bytes_of(std::string& out, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}

bool append_truth_value(std::string& out, const JsonValue& value) {
  if (!value.is_bool()) return false;
  out.push_back(value.boolean() ? '\1' : '\0');
  return true;
}

template <class T>
bool append_integer_value(std::string& out, const JsonValue& value) {
  if constexpr (std::is_same_v<T, std::uint64_t>) {
    if (const std::optional<std::uint64_t> large = value.as_uint64()) return append_bytes_of(out, *large), true;
  }
  const std::optional<std::int64_t> number = value.as_int64();
  if (!number || !std::in_range<T>(*number)) return false;
  append_bytes_of(out, static_cast<T>(*number));
  return true;
}

template <class T>
bool append_real_value(std::string& out, const JsonValue& value) {
  const std::optional<double> number = value.as_double();
  if (!number || std::abs(*number) > std::numeric_limits<T>::max()) return false;
  append_bytes_of(out, static_cast<T>(*number));
  return true;
}

bool append_text_value(std::string& out, const JsonValue& value) {
  if (!value.is_string()) return false;
  append_bytes_element(out, value.string());
  return true;
}

std::size_t items_in(const JsonValue& list) {
  std::size_t count = 0;
  for ([[maybe_unused]] const JsonValue& item : list.items()) ++count;
  return count;
}

std::string so_many(std::size_t count, std::string_view one) {
  return std::to_string(count) + " " + std::string(one) + (count == 1 ? "" : "s");
}

using Append = bool (*)(std::string&, const JsonValue&);

// The type is a part of the code, because this is the way of every value of every request.
template <Append append>
class DataReader {
 public:
  DataReader(const Shape& shape, std::string_view words, std::string& out, Reading& reading)
      : shape_(shape), words_(words), out_(out), reading_(reading) {}

  void read(const JsonValue& data) {
    if (!data.is_list()) return reading_.fault("is " + std::string(describe_kind(data.kind())), "a list of values");
    const std::size_t count = items_in(data);
    const bool nested = count > 0 && shape_.size() > 1 && (*data.items().begin()).is_list();
    if (nested) return read_level(data, count, 0);
    const std::uint64_t all = element_count(shape_).value_or(0);
    if (count == all) return read_values(data);
    reading_.fault("has " + so_many(count, "value"), std::to_string(all) + ", as the shape " + to_text(shape_) + " says");
  }

 private:
  void read_level(const JsonValue& list, std::size_t count, std::size_t depth) {
    if (std::cmp_not_equal(count, shape_[depth])) {
      return reading_.fault("has " + so_many(count, "item"), std::to_string(shape_[depth]) + ", as the shape " + to_text(shape_) + " says");
    }
    if (depth + 1 == shape_.size()) return read_values(list);
    std::size_t place = 0;
    for (const JsonValue& item : list.items()) {
      if (reading_.full()) return;
      const PathStep step(reading_, place++);
      if (!item.is_list()) {
        reading_.fault("is " + std::string(describe_kind(item.kind())), "a list, as the shape " + to_text(shape_) + " says");
      } else {
        read_level(item, items_in(item), depth + 1);
      }
    }
  }

  void read_values(const JsonValue& list) {
    std::size_t place = 0;
    for (const JsonValue& value : list.items()) {
      if (!append(out_, value)) {
        if (reading_.full()) return;
        const PathStep step(reading_, place);
        reading_.fault(value.is_number() ? "is not such a number" : "is " + std::string(describe_kind(value.kind())), std::string(words_));
      }
      ++place;
    }
  }

  const Shape& shape_;
  const std::string_view words_;
  std::string& out_;
  Reading& reading_;
};

template <Append append>
void read_all(const JsonValue& data, const Shape& shape, std::string_view words, std::string& out, Reading& reading) {
  DataReader<append>(shape, words, out, reading).read(data);
}

template <class T>
void write_plain(JsonWriter& w, std::string_view bytes) {
  for (; bytes.size() >= sizeof(T); bytes.remove_prefix(sizeof(T))) {
    T value;
    std::memcpy(&value, bytes.data(), sizeof(T));
    w.value(value);
  }
}

void write_truths(JsonWriter& w, std::string_view bytes) {
  for (const char byte : bytes) w.value(byte != 0);
}

void write_texts(JsonWriter& w, std::string_view bytes) {
  for (const std::string_view element : bytes_elements(bytes)) w.value(element);
}

struct JsonForm {
  std::string_view words;
  Append append = nullptr;
  void (*read)(const JsonValue&, const Shape&, std::string_view, std::string&, Reading&) = nullptr;
  void (*write)(JsonWriter&, std::string_view) = nullptr;
};

template <class T>
constexpr JsonForm integers(std::string_view words) {
  return {words, &append_integer_value<T>, &read_all<&append_integer_value<T>>, &write_plain<T>};
}
template <class T>
constexpr JsonForm reals(std::string_view words) {
  return {words, &append_real_value<T>, &read_all<&append_real_value<T>>, &write_plain<T>};
}

// By datatype.
constexpr std::array<JsonForm, datatypes> forms{{
    {"true or false", &append_truth_value, &read_all<&append_truth_value>, &write_truths},
    integers<std::uint8_t>("an integer from 0 to 255"),
    integers<std::uint16_t>("an integer from 0 to 65535"),
    integers<std::uint32_t>("an integer from 0 to 4294967295"),
    integers<std::uint64_t>("an integer from 0 to 18446744073709551615"),
    integers<std::int8_t>("an integer from -128 to 127"),
    integers<std::int16_t>("an integer from -32768 to 32767"),
    integers<std::int32_t>("an integer from -2147483648 to 2147483647"),
    integers<std::int64_t>("an integer from -9223372036854775808 to 9223372036854775807"),
    {"binary data"},
    reals<float>("a number that FP32 can hold"),
    reals<double>("a number"),
    {"a string", &append_text_value, &read_all<&append_text_value>, &write_texts},
    {"binary data"},
}};

const JsonForm& form_of(Datatype type) { return forms[static_cast<std::size_t>(type)]; }

}  // namespace

bool has_json_form(Datatype type) { return form_of(type).append != nullptr; }
std::string_view value_words(Datatype type) { return form_of(type).words; }

bool append_value(std::string& out, Datatype type, const JsonValue& value) {
  GH_ASSERT(has_json_form(type));
  return form_of(type).append(out, value);
}

void read_data(const JsonValue& data, Datatype type, const Shape& shape, std::string& out, Reading& reading) {
  GH_ASSERT(has_json_form(type));
  form_of(type).read(data, shape, value_words(type), out, reading);
}

void write_data(JsonWriter& w, const Tensor& tensor) {
  GH_ASSERT(has_json_form(tensor.datatype));
  w.begin_list();
  form_of(tensor.datatype).write(w, tensor.bytes);
  w.end_list();
}

NestedWriter::NestedWriter(const Tensor& tensor) : tensor_(&tensor) {
  GH_ASSERT(has_json_form(tensor.datatype));
  if (tensor.datatype == Datatype::bytes) texts_ = bytes_elements(tensor.bytes);
}

void NestedWriter::write(JsonWriter& w, std::size_t axis, std::size_t place) const {
  const std::size_t width = width_of(tensor_->datatype);
  if (axis < tensor_->shape.size()) {
    // What holds nothing may claim any extents.
    const auto extent = tensor_->bytes.empty() ? std::size_t{0} : static_cast<std::size_t>(tensor_->shape[axis]);
    w.begin_list();
    for (std::size_t i = 0; i < extent; ++i) write(w, axis + 1, place * extent + i);
    w.end_list();
  } else if (width == 0) {
    w.value(texts_.at(place));
  } else {
    form_of(tensor_->datatype).write(w, std::string_view(tensor_->bytes).substr(place * width, width));
  }
}

}  // namespace gatehouse::wire
