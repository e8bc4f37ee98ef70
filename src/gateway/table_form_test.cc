#include "table_form.h"

#include <gtest/gtest.h>

#include <cstring>

#include "gatehouse/wire/json/document.h"

namespace gatehouse::gateway {
namespace {

using wire::Datatype;

wire::TensorSpec spec(std::string name, Datatype type, wire::Shape shape) {
  wire::TensorSpec made;
  made.name = std::move(name);
  made.datatype = type;
  made.shape = std::move(shape);
  return made;
}

model::Feature feature(std::string name, double low, double high) {
  model::Feature made;
  made.name = std::move(name);
  made.unit = "cm";
  made.min = low;
  made.max = high;
  made.trained_min = 1;
  made.trained_max = 8;
  return made;
}

TableForm flowers() {
  auto form = table_form({spec("X", Datatype::fp32, {-1, 2})}, {feature("length", 0, 30), feature("width", 0, 30)});
  EXPECT_TRUE(form.ok());
  return *form;
}

struct Read {
  TableRows rows;
  std::vector<FieldFault> faults;
  std::string text;
};

Read read(const TableForm& form, const std::string& json) {
  static wire::JsonParser parser;
  const auto root = parser.parse(json);
  EXPECT_TRUE(root.ok());
  wire::Reading reading;
  Read made;
  {
    const wire::PathStep step(reading, "data");
    made.rows = read_rows(form, *root, reading);
  }
  if (reading.clean()) return made;
  const Error error = std::move(reading).error();
  made.faults = error.faults();
  made.text = error.public_text();
  return made;
}

std::vector<float> floats_in(const wire::Tensor& tensor) {
  std::vector<float> values(tensor.bytes.size() / sizeof(float));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

TEST(TableForm, TakesOneMatrixOrOneInputAColumn) {
  EXPECT_TRUE(table_form({spec("X", Datatype::fp32, {-1, 3})}, {}));
  EXPECT_TRUE(table_form({spec("a", Datatype::fp32, {-1, 1}), spec("b", Datatype::bytes, {-1, 1})}, {}));
  EXPECT_TRUE(table_form({spec("X", Datatype::fp32, {-1, -1})}, {feature("length", 0, 1)}));
  for (const auto& inputs :
       std::vector<std::vector<wire::TensorSpec>>{{},
                                                  {spec("X", Datatype::fp16, {-1, 3})},
                                                  {spec("X", Datatype::fp32, {-1, -1})},
                                                  {spec("X", Datatype::fp32, {-1, std::int64_t{1} << 40})},
                                                  {spec("X", Datatype::fp32, {2, 3})},
                                                  {spec("X", Datatype::fp32, {-1, 3, 224, 224})},
                                                  {spec("a", Datatype::fp32, {-1, 2}), spec("b", Datatype::fp32, {-1, 1})}}) {
    const auto form = table_form(inputs, {});
    ASSERT_FALSE(form.ok());
    EXPECT_EQ(form.error().reason(), "model_not_tabular");
  }
  EXPECT_FALSE(table_form({spec("X", Datatype::fp32, {-1, 3})}, {feature("length", 0, 1)}));
}

TEST(ReadRows, OneRowOrSeveral) {
  const TableForm form = flowers();
  const Read one = read(form, "[5.1, 3]");
  EXPECT_EQ(one.text, "");
  EXPECT_EQ(one.rows.count, 1U);
  EXPECT_EQ(one.rows.form, wire::RowForm::one);
  EXPECT_EQ(one.rows.inputs.front().shape, (wire::Shape{1, 2}));
  EXPECT_EQ(floats_in(one.rows.inputs.front()), (std::vector<float>{5.1F, 3.0F}));
  const Read several = read(form, "[[5.1, 3], [1, 2], [0, 30]]");
  EXPECT_EQ(several.text, "");
  EXPECT_EQ(several.rows.form, wire::RowForm::list);
  EXPECT_EQ(several.rows.inputs.front().shape, (wire::Shape{3, 2}));
  EXPECT_EQ(several.rows.outside, (std::vector<std::vector<std::string>>{{}, {}, {"length", "width"}}));
}

TEST(ReadRows, NamesEveryBadFieldAtOnce) {
  const TableForm form = flowers();
  const Read bad = read(form, R"([[5.1, "wide"], [31], [true, null, 1], 7])");
  std::vector<std::string> paths;
  for (const FieldFault& fault : bad.faults) paths.push_back(fault.path);
  EXPECT_EQ(paths, (std::vector<std::string>{"/data/0/1", "/data/1/0", "/data/1", "/data/2/0", "/data/2/1", "/data/2", "/data/3"}));
  EXPECT_EQ(bad.faults[0], FieldFault("/data/0/1", "is a string", "a number from 0 to 30 (width, cm)"));
  EXPECT_EQ(bad.faults[1], FieldFault("/data/1/0", "is out of range", "a number from 0 to 30 (length, cm)"));
  EXPECT_EQ(bad.faults[2], FieldFault("/data/1", "has 1 value", "2 values: length, width"));
}

TEST(ReadRows, RefusesWhatIsNoRow) {
  const TableForm form = flowers();
  EXPECT_EQ(read(form, "[]").faults.front(), FieldFault("/data", "has 0 values", "2 values: length, width"));
  EXPECT_EQ(read(form, "5.1").faults.front(), FieldFault("/data", "is a number", "2 values: length, width"));
  EXPECT_EQ(read(form, "[[]]").faults.front().path, "/data/0");
  EXPECT_EQ(read(form, "[1e300, 1]").faults.front().path, "/data/0");
}

TEST(ReadRows, KeepsColumnsApartByTheirTypes) {
  model::Feature colour;
  colour.name = "colour";
  colour.values = {"red", "blue"};
  model::Feature count;
  count.name = "count";
  const auto form = table_form({spec("colour", Datatype::bytes, {-1, 1}), spec("count", Datatype::int64, {-1, 1})}, {colour, count});
  ASSERT_TRUE(form.ok());
  const Read rows = read(*form, R"([["red", 3], ["blue", 4.0]])");
  EXPECT_EQ(rows.text, "");
  EXPECT_EQ(wire::bytes_elements(rows.rows.inputs[0].bytes), (std::vector<std::string_view>{"red", "blue"}));
  EXPECT_EQ(rows.rows.inputs[1].bytes.size(), 16U);
  for (const wire::Tensor& input : rows.rows.inputs) EXPECT_EQ(wire::fault_in(input), nullptr);
  const Read bad = read(*form, R"(["green", 4.5])");
  ASSERT_EQ(bad.faults.size(), 2U);
  EXPECT_EQ(bad.faults[0], FieldFault("/data/0", "is none of the known values", R"(one of "red", "blue" (colour))"));
  EXPECT_EQ(bad.faults[1], FieldFault("/data/1", "is no value that this model takes", "an integer (count)"));
}

}  // namespace
}  // namespace gatehouse::gateway
