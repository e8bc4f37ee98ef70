#include "gatehouse/wire/tensor/tensor.h"

#include <gtest/gtest.h>

#include <limits>

namespace gatehouse::wire {
namespace {

Tensor tensor(Datatype type, Shape shape, std::string bytes) {
  Tensor made;
  made.name = "x";
  made.datatype = type;
  made.shape = std::move(shape);
  made.bytes = std::move(bytes);
  return made;
}

TensorSpec spec(Datatype type, Shape shape) {
  TensorSpec made;
  made.name = "x";
  made.datatype = type;
  made.shape = std::move(shape);
  return made;
}

TEST(Datatype, HasTheNamesOfTheProtocol) {
  EXPECT_EQ(to_string(Datatype::boolean), "BOOL");
  EXPECT_EQ(to_string(Datatype::bytes), "BYTES");
  for (std::size_t i = 0; i < datatypes; ++i) {
    const auto type = static_cast<Datatype>(i);
    EXPECT_EQ(datatype_named(to_string(type)), type);
  }
  EXPECT_FALSE(datatype_named("FP128"));
  EXPECT_FALSE(datatype_named("fp32"));
}

TEST(ElementCount, IsTheProductWhereThatIsANumber) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(element_count(Shape{}), 1U);
  EXPECT_EQ(element_count(Shape{2, 3, 4}), 24U);
  EXPECT_EQ(element_count(Shape{2, 0, 4}), 0U);
  EXPECT_EQ(element_count(Shape{most}), static_cast<std::uint64_t>(most));
  EXPECT_FALSE(element_count(Shape{most, 2}));
  EXPECT_FALSE(element_count(Shape{std::int64_t{1} << 32, std::int64_t{1} << 32}));
  EXPECT_FALSE(element_count(Shape{-1, 4}));
  EXPECT_FALSE(element_count(Shape(most_dimensions + 1, 1)));
}

TEST(Tensor, HasAsManyBytesAsItsShapeSays) {
  EXPECT_EQ(fault_in(tensor(Datatype::fp32, {1, 4}, std::string(16, 'a'))), nullptr);
  EXPECT_NE(fault_in(tensor(Datatype::fp32, {1, 4}, std::string(15, 'a'))), nullptr);
  EXPECT_NE(fault_in(tensor(Datatype::fp64, {std::int64_t{1} << 61}, "")), nullptr);
  EXPECT_NE(fault_in(tensor(Datatype::int8, {-1}, "a")), nullptr);
  EXPECT_EQ(fault_in(tensor(Datatype::int8, {0}, "")), nullptr);
  EXPECT_NE(fault_in(tensor(Datatype::boolean, {1}, "\2")), nullptr);
}

TEST(Tensor, OfBytesHasAsManyElements) {
  std::string bytes;
  append_bytes_element(bytes, "one");
  append_bytes_element(bytes, "");
  EXPECT_EQ(fault_in(tensor(Datatype::bytes, {2}, bytes)), nullptr);
  EXPECT_NE(fault_in(tensor(Datatype::bytes, {3}, bytes)), nullptr);
  EXPECT_NE(fault_in(tensor(Datatype::bytes, {2}, bytes.substr(0, bytes.size() - 1))), nullptr);
  EXPECT_EQ(bytes_elements(bytes), (std::vector<std::string_view>{"one", ""}));
}

TEST(CheckFit, NamesWhatDiffers) {
  const TensorSpec table = spec(Datatype::fp32, {-1, 4});
  EXPECT_TRUE(check_fit(tensor(Datatype::fp32, {7, 4}, ""), table));
  const Status other_type = check_fit(tensor(Datatype::fp64, {7, 4}, ""), table);
  EXPECT_EQ(other_type.error().reason(), "datatype_mismatch");
  EXPECT_EQ(other_type.error().public_text(), "The input 'x' takes FP32, and FP64 was given");
  const Status other_shape = check_fit(tensor(Datatype::fp32, {7, 3}, ""), table);
  EXPECT_EQ(other_shape.error().reason(), "shape_mismatch");
  EXPECT_EQ(other_shape.error().public_text(), "The input 'x' has the shape [-1, 4], and [7, 3] was given");
  EXPECT_FALSE(check_fit(tensor(Datatype::fp32, {4}, ""), table));
}

TEST(Difference, LetsAManifestBeNarrowerThanTheGraph) {
  EXPECT_FALSE(difference(spec(Datatype::fp32, {-1, 4}), spec(Datatype::fp32, {-1, -1})));
  EXPECT_FALSE(difference(spec(Datatype::fp32, {8, 4}), spec(Datatype::fp32, {-1, 4})));
  EXPECT_EQ(difference(spec(Datatype::fp32, {-1, 4}), spec(Datatype::fp32, {8, 4})), "has the shape [8, 4]");
  EXPECT_EQ(difference(spec(Datatype::fp64, {-1, 4}), spec(Datatype::fp32, {-1, 4})), "is FP32");
}

}  // namespace
}  // namespace gatehouse::wire
