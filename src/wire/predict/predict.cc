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

void write_doubles(JsonWriter& w, const std::vector<double>& values) {
  w.begin_list();
  for (const double one : values) w.value(one);
  w.end_list();
}

void write_explanation(JsonWriter& w, const Prediction& row) {
  if (!row.explanation) {
    w.null();
    return;
  }
  w.begin_object();
  w.key("of").value(row.explanation->of);
  w.key("base_values");
  write_doubles(w, row.explanation->base_values);
  w.key("contributions").begin_list();
  for (const std::vector<double>& of_class : row.explanation->contributions) write_doubles(w, of_class);
  w.end_list();
  w.end_object();
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
  if (std::ranges::any_of(rows, [](const Prediction& row) { return row.explanation.has_value(); })) {
    write_member(w, "explanation", rows, form, write_explanation);
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
      R"("outside_training_range":{"type":"array","description":"features whose value training has not seen; left out where there are none"},)"
      R"("explanation":{"description":"with ?explain=true: what each feature did, of each row; a class's base value and its contributions add up to what is explained",)"
      R"("type":["object","array"],"properties":{"of":{"type":"string","enum":["probabilities","values","margins"]},)"
      R"("base_values":{"type":"array","items":{"type":"number"}},)"
      R"("contributions":{"type":"array","description":"a row a class, a column a feature","items":{"type":"array","items":{"type":"number"}}}}}},)"
      R"("required":["prediction"]})");
}

}  // namespace gatehouse::wire
