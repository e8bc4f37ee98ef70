#include "gatehouse/nlu/labels.h"

#include <gmock/gmock.h>

namespace gatehouse::nlu {
namespace {

// "a/b/>body", or "none".
std::string in_front(std::string_view sent) {
  const FrontLabels found = labels_in_front(sent);
  if (found.labels.empty()) return "none";
  const Text text{std::string(sent)};
  std::string out;
  for (const Place& label : found.labels) out.append(text.slice(label)).append("/");
  return out.append(">").append(text.slice({found.body, text.size()}));
}

TEST(LabelsInFront, AreFound) {
  struct Row {
    const char *text, *found;
  };
  constexpr Row rows[] = {
      {"正向,负向|有点看不下去了", "正向/负向/>有点看不下去了"},
      {"正向，负向｜有点", "正向/负向/>有点"},
      {"正向，负向,中性|", "正向/负向/中性/>"},
      {" a , b |c|d", " a / b />c|d"},
      {"a,b|c,d", "a/b/>c,d"},
      {"", "none"},
      {"今天天气真好", "none"},
      {"今天,天气", "none"},
      {"正向|今天", "none"},
      {"|a,b", "none"},
      {"a,|b", "none"},
      {",a|b", "none"},
      {"a,,b|c", "none"},
      {"a,b\nc|d", "none"},
      {"a\n,b|c", "none"},
  };
  for (const Row& row : rows) EXPECT_EQ(in_front(row.text), row.found) << row.text;
}

std::string fault_of(const std::vector<std::string>& labels) {
  const Status status = check_labels(labels);
  return status ? "none" : status.error().faults().front().path + " " + status.error().faults().front().message;
}

TEST(Labels, AreChecked) {
  EXPECT_EQ(fault_of({"正向", "负向"}), "none");
  EXPECT_EQ(fault_of({}), "/labels are too few");
  EXPECT_EQ(fault_of({"正向"}), "/labels are too few");
  EXPECT_EQ(fault_of(std::vector<std::string>(257, "a")), "/labels are too many");
  EXPECT_EQ(fault_of({"a", ""}), "/labels/1 is empty");
  EXPECT_EQ(fault_of({"a", "b,c"}), "/labels/1 holds a mark that ends a label");
  EXPECT_EQ(fault_of({"a", "b，c"}), "/labels/1 holds a mark that ends a label");
  EXPECT_EQ(fault_of({"a|", "b"}), "/labels/0 holds a mark that ends a label");
  EXPECT_EQ(fault_of({"a", "b", "｜"}), "/labels/2 holds a mark that ends a label");
  EXPECT_EQ(fault_of({"a", "b\n"}), "/labels/1 holds a control character");
  EXPECT_EQ(fault_of({"a", std::string(65, 'b')}), "/labels/1 is too long");
}

TEST(Labels, StandInFrontOnceTheyArePutThere) {
  EXPECT_EQ(in_front(with_labels(std::vector<std::string>{"正向", "负向"}, "今天|天气")), "正向/负向/>今天|天气");
}

}  // namespace
}  // namespace gatehouse::nlu
