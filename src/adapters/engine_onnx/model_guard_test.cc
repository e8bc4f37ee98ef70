// What an ONNX file may not hold, written by hand: messages as protobuf has them.
#include "model_guard.h"

#include <gtest/gtest.h>

#include <string>

#include "test_onnx_file.h"

namespace gatehouse::adapters {
namespace {

// FP32.
std::string tensor(const std::string& dims, std::size_t bytes) { return dims + number(2, 1) + text(9, std::string(bytes, 'x')); }
std::string in_graph(const std::string& graph) { return number(1, 8) + text(7, graph); }
std::string initializer(const std::string& message) { return in_graph(text(5, message)); }
std::string node_attribute(const std::string& attribute) { return text(1, text(4, "Constant") + text(5, attribute)); }

std::string refusal(const std::string& file) {
  const Status checked = check_onnx_file(file);
  return checked ? "" : checked.error().public_text();
}
bool names(const std::string& file, const std::string& what) { return refusal(file).find(what) != std::string::npos; }

TEST(ModelGuard, TakesTensorsWhoseBytesAreWhatTheirShapesSay) {
  EXPECT_EQ(refusal(initializer(tensor(number(1, 2) + number(1, 3), 24))), "");
  EXPECT_EQ(refusal(initializer(tensor(text(1, varint(2) + varint(3)), 24))), "");
  EXPECT_TRUE(names(initializer(tensor(number(1, 2) + number(1, 3), 20)), "another number of bytes"));
  EXPECT_TRUE(names(initializer(tensor(text(1, varint(200) + varint(3)), 24)), "another number of bytes"));
}

TEST(ModelGuard, RefusesShapesWhoseProductsOverflow) {
  const std::string large = varint(std::uint64_t{1} << 40);
  EXPECT_TRUE(names(initializer(tensor(text(1, large + large), 0)), "a shape that no tensor has"));
  EXPECT_TRUE(names(initializer(tensor(number(1, ~std::uint64_t{0}), 0)), "a shape that no tensor has"));
}

TEST(ModelGuard, RefusesExternalDataWhereverATensorCanStand) {
  const std::string outside = number(2, 1) + text(13, text(1, "location") + text(2, "../../etc/passwd"));
  const std::string marked = number(2, 1) + number(14, 1);
  for (const std::string& bad : {outside, marked}) {
    EXPECT_TRUE(names(initializer(bad), "stand in another file"));
    EXPECT_TRUE(names(in_graph(node_attribute(text(5, bad))), "stand in another file"));
    EXPECT_TRUE(names(in_graph(node_attribute(text(10, bad))), "stand in another file"));
    const std::string inner = text(5, bad);
    EXPECT_TRUE(names(in_graph(node_attribute(text(6, inner))), "stand in another file")) << "in a graph of an attribute";
    EXPECT_TRUE(names(number(1, 8) + text(25, text(7, text(5, text(5, bad)))), "stand in another file")) << "in a function";
  }
}

TEST(ModelGuard, RefusesSparseTensorsAndTraining) {
  EXPECT_TRUE(names(in_graph(text(15, "")), "sparse"));
  EXPECT_TRUE(names(in_graph(node_attribute(text(22, ""))), "sparse"));
  EXPECT_TRUE(names(number(1, 8) + text(20, ""), "training"));
}

TEST(ModelGuard, RefusesNestingWithoutEnd) {
  std::string graph;
  for (int i = 0; i < 100; ++i) graph = node_attribute(text(6, graph));
  EXPECT_TRUE(names(in_graph(graph), "nested too deep"));
}

TEST(ModelGuard, RefusesWhatIsNoEncoding) {
  EXPECT_TRUE(names("", "empty"));
  const std::string whole = initializer(tensor(number(1, 6), 24));
  for (std::size_t cut = 1; cut < whole.size(); ++cut) {
    if (cut == number(1, 8).size()) continue;  // a whole message
    EXPECT_TRUE(names(whole.substr(0, cut), "encoding is broken")) << cut;
  }
  EXPECT_TRUE(names(std::string("\x0b", 1), "encoding is broken")) << "a group";
  EXPECT_TRUE(names(varint(0) + "x", "encoding is broken")) << "no field";
}

}  // namespace
}  // namespace gatehouse::adapters
