#include "gatehouse/wire/predict/predict.h"

#include <algorithm>
#include <string_view>

namespace gatehouse::wire {
namespace {

void write_number(JsonWriter& w, const ModelNumber& number) {
  std::visit([&w](const auto& plain) { w.value(plain); }, number);
}

void write_probabilities(JsonWriter& w, const Prediction& row) {
  w.begin_list();
  for (const ModelNumber& one : row.probabilities) write_number(w, one);
  w.end_list();
}

void write_outside(JsonWriter& w, const Prediction& row) {
  w.begin_list();
  for (const std::string& name : row.outside) w.value(std::string_view(name));
  w.end_list();
}

// A member of the answer, of each row.
template <class Write>
void write_member(JsonWriter& w, std::string_view name, std::span<const Prediction> rows, RowForm form, Write write) {
  w.key(name);
  if (form == RowForm::one) return write(w, rows.front());
  w.begin_list();
  for (const Prediction& row : rows) write(w, row);
  w.end_list();
}

}  // namespace

void write_predict_reply(std::string& out, std::span<const Prediction> rows, RowForm form) {
  JsonWriter w(out);
  w.begin_object();
  write_member(w, "prediction", rows, form, [](JsonWriter& to, const Prediction& row) { write_number(to, row.value); });
  if (std::ranges::any_of(rows, [](const Prediction& row) { return row.label.has_value(); })) {
    write_member(w, "label", rows, form,
                 [](JsonWriter& to, const Prediction& row) { row.label ? to.value(std::string_view(*row.label)) : to.null(); });
  }
  if (std::ranges::any_of(rows, [](const Prediction& row) { return !row.probabilities.empty(); })) {
    write_member(w, "probabilities", rows, form, write_probabilities);
  }
  if (std::ranges::any_of(rows, [](const Prediction& row) { return !row.outside.empty(); })) {
    write_member(w, "outside_training_range", rows, form, write_outside);
  }
  w.end_object();
}

void predict_request_schema(JsonWriter& w) {
  w.raw(R"({"type":"object","properties":{"data":{"description":"one row, a value a feature, or a list of rows",)"
        R"("oneOf":[{"type":"array","minItems":1,"items":{"type":["number","string"]}},)"
        R"({"type":"array","minItems":1,"items":{"type":"array","minItems":1,"items":{"type":["number","string"]}}}]},)"
        R"("model":{"type":"string","description":"without one, the default tabular model","minLength":1,"maxLength":64}},)"
        R"("required":["data"],"additionalProperties":false,"example":{"data":[5.1,3.5,1.4,0.2]}})");
}

void predict_reply_schema(JsonWriter& w) {
  w.raw(
      R"({"type":"object","properties":{"prediction":{"description":"the class, or the value; of several rows a list"},)"
      R"("label":{"description":"the name of the class"},)"
      R"("probabilities":{"type":"array","description":"of each class, in the order of their numbers"},)"
      R"("outside_training_range":{"type":"array","description":"features whose value training has not seen; left out where there are none"}},)"
      R"("required":["prediction"]})");
}

}  // namespace gatehouse::wire
