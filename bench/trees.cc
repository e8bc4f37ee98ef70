// bench/trees.cc — small models of tables as they are computed natively, from the ONNX file on.
//
//   trees_bench answer MODEL    reads rows from standard input, a line each with a tab between columns; writes an answer a line
//   trees_bench explain MODEL   the same, with what each feature did
//   trees_bench cost MODEL      prints CPU nanoseconds a row for each width of vectors, for rows that are made up
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "../src/trees/forest_layout.h"  // private: measured by itself here
#include "gatehouse/trees/build.h"
#include "gatehouse/trees/codec.h"
#include "gatehouse/trees/predictor.h"

namespace {

namespace gt = gatehouse::trees;

constexpr int rounds = 200'000;

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "trees_bench: %s\n", why.c_str());
  std::exit(1);
}

// As the front gets it: through the bytes that the engine child sends.
gt::Predictor load(const char* path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const auto graph = gatehouse::wire::onnx::parse_graph(bytes);
  if (!graph) give_up(graph.error().describe());
  const auto plan = gt::plan_of(*graph);
  if (const auto* doubt = std::get_if<gt::NotUnderstood>(&plan)) give_up("not understood: " + doubt->op + ": " + doubt->why);
  auto read = gt::read_plan(gt::write_plan(std::get<gt::Plan>(plan)));
  if (!read) give_up(read.error().describe());
  auto predictor = gt::Predictor::make(std::move(*read));
  if (!predictor) give_up(predictor.error().describe());
  return std::move(*predictor);
}

// Rows come as tab-separated columns of all inputs in order; words as they are.
struct Row {
  std::vector<float> floats;
  std::vector<std::int64_t> ints;
  std::vector<std::string> words;
  std::vector<std::string_view> texts;
  std::vector<gt::Values> values;
};

void read_row(const gt::Plan& plan, const std::string& line, Row& row) {
  row = {};
  std::istringstream columns(line);
  std::string column;
  for (const gt::Input& input : plan.inputs) {
    for (std::uint32_t i = 0; i < input.columns; ++i) {
      if (!std::getline(columns, column, '\t')) give_up("a row is too short");
      if (input.kind == gt::Kind::floats) row.floats.push_back(std::strtof(column.c_str(), nullptr));
      if (input.kind == gt::Kind::ints) row.ints.push_back(std::strtoll(column.c_str(), nullptr, 10));
      if (input.kind == gt::Kind::texts) row.words.push_back(column);
    }
  }
  row.texts.assign(row.words.begin(), row.words.end());
  std::size_t floats = 0, ints = 0, texts = 0;
  for (const gt::Input& input : plan.inputs) {
    gt::Values& values = row.values.emplace_back();
    const std::size_t width = input.columns;
    if (input.kind == gt::Kind::floats) values.floats = std::span(row.floats).subspan(std::exchange(floats, floats + width), width);
    if (input.kind == gt::Kind::ints) values.ints = std::span(row.ints).subspan(std::exchange(ints, ints + width), width);
    if (input.kind == gt::Kind::texts) values.texts = std::span(row.texts).subspan(std::exchange(texts, texts + width), width);
  }
}

template <class List, class Print>
void print_list(const List& list, const Print& print) {
  std::putchar('[');
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) std::putchar(',');
    print(list[i]);
  }
  std::putchar(']');
}
void print_number(double value) { std::printf("%.9g", value); }
void print_exactly(double value) { std::printf("%.17g", value); }

void print_answer(const gt::Predictor& predictor, const gt::Workspace& workspace) {
  std::putchar('{');
  for (std::size_t i = 0; i < workspace.answers.size(); ++i) {
    const gt::Answer& answer = workspace.answers[i];
    std::printf("%s\"%s\":", i > 0 ? "," : "", predictor.plan().outputs[i].name.c_str());
    if (!answer.floats.empty()) print_list(answer.floats, [](float one) { print_number(static_cast<double>(one)); });
    if (!answer.ints.empty()) print_list(answer.ints, [](std::int64_t one) { std::printf("%lld", static_cast<long long>(one)); });
    if (!answer.texts.empty())
      print_list(answer.texts, [](std::string_view one) { std::printf("\"%.*s\"", static_cast<int>(one.size()), one.data()); });
  }
  std::puts("}");
}

void print_explanation(const gt::Explanation& found) {
  std::printf("{\"of\":\"%s\",\"base_values\":", found.of == gt::Explanation::Of::scores ? "scores" : "margins");
  print_list(found.base_values, print_exactly);
  std::printf(",\"contributions\":");
  print_list(found.contributions, [](const std::vector<double>& one) { print_list(one, print_exactly); });
  std::puts("}");
}

void answer_rows(const gt::Predictor& predictor, bool explained) {
  gt::Workspace workspace;
  Row row;
  for (std::string line; std::getline(std::cin, line);) {
    read_row(predictor.plan(), line, row);
    if (explained) {
      const auto found = predictor.explain(row.values, workspace);
      if (!found) give_up(found.error().describe());
      print_explanation(*found);
    } else {
      if (const auto done = predictor.predict(row.values, 1, workspace); !done) give_up(done.error().describe());
      print_answer(predictor, workspace);
    }
  }
}

template <class Work>
double nanoseconds(const Work& work) {
  const std::clock_t start = std::clock();
  for (int i = 0; i < rounds; ++i) work(i);
  return static_cast<double>(std::clock() - start) * 1e9 / CLOCKS_PER_SEC / rounds;
}

// Rows between −2 and 6, another one each time, so that no branch is learnt.
void measure(const gt::Predictor& predictor) {
  constexpr std::size_t rows = 1024;
  const std::size_t width = predictor.features();
  for (const gt::Input& input : predictor.plan().inputs) {
    if (input.kind != gt::Kind::floats || predictor.plan().inputs.size() != 1) give_up("cost is for models of one FP32 input");
  }
  std::vector<float> values(rows * width + 16);
  std::uint64_t state = 7;
  for (float& value : values) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    value = static_cast<float>(state >> 40) / 16777216.0F * 8.0F - 2.0F;
  }
  const auto row_of = [&](int i) { return std::span(values).subspan(static_cast<std::size_t>(i) % rows * width, width); };
  gt::Workspace workspace;
  const double whole = nanoseconds([&](int i) {
    const gt::Values row{row_of(i), {}, {}};
    if (!predictor.predict({&row, 1}, 1, workspace)) give_up("a row is refused");
  });
  std::printf("{\"predict\":%.1f", whole);
  for (const gt::Step& step : predictor.plan().steps) {
    const auto* forest = std::get_if<gt::Forest>(&step);
    if (forest == nullptr || forest->from.slots.size() != width) continue;
    for (const gt::TreeScan& scan : gt::tree_scans()) {
      const gt::ForestLayout layout(*forest, scan);
      std::printf(",\"%s\":%.1f", scan.name, nanoseconds([&](int i) { layout.sum(row_of(i).data(), workspace.sums); }));
    }
  }
  std::puts("}");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) give_up("trees_bench answer|explain|cost MODEL.onnx");
  const gt::Predictor predictor = load(argv[2]);
  if (std::strcmp(argv[1], "cost") == 0) {
    measure(predictor);
  } else {
    answer_rows(predictor, std::strcmp(argv[1], "explain") == 0);
  }
  return 0;
}
