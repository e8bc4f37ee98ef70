// wire/tensor/json_data.h — the values of a tensor as JSON: a list in row-major order, or lists in lists as the shape says.
// Rules    numbers are numbers of the datatype's range, truth values true or false, BYTES strings; FP16 and BF16 have no form in JSON
// Threads  pure functions
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/wire/json/fields.h"
#include "gatehouse/wire/json/value.h"
#include "gatehouse/wire/json/writer.h"
#include "gatehouse/wire/tensor/tensor.h"

namespace gatehouse::wire {

bool has_json_form(Datatype type);
// "an integer from 0 to 255"
std::string_view value_words(Datatype type);
// One value, appended as bytes; false: it is none of that type. The type has a form in JSON, here and below.
bool append_value(std::string& out, Datatype type, const JsonValue& value);
// All values of a shape whose element count is a number. What is wrong goes to reading; then what is in out means nothing.
void read_data(const JsonValue& data, Datatype type, const Shape& shape, std::string& out, Reading& reading);
// Of a tensor in which there is no fault: a flat list.
void write_data(JsonWriter& w, const Tensor& tensor);

// The same as lists in lists, whole or from an axis on.
class NestedWriter {
 public:
  explicit NestedWriter(const Tensor& tensor);
  const Tensor& tensor() const { return *tensor_; }
  // place: of that part among all that the axes in front of this one make.
  void write(JsonWriter& w, std::size_t axis, std::size_t place) const;

 private:
  const Tensor* tensor_;
  std::vector<std::string_view> texts_;  // of BYTES
};

}  // namespace gatehouse::wire
