// trees/plan.h — what a small model of a table does with a row, as flat arrays: scaling, categories, forests and linear models.
// Rules    a row has slots of three kinds (numbers, whole numbers, words); inputs fill the first ones in order, each step fills later ones
//          from earlier ones, so nothing turns in a circle. A tree's nodes stand after their parent and have one
// Units    covers: (weighted) samples of the training that came through a node
// Threads  value type
// Source   the operators of ai.onnx.ml, as scikit-learn's models are exported by skl2onnx
#pragma once
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace gatehouse::trees {

enum class Kind : std::uint8_t { floats, ints, texts };

// A value a row, or several.
struct Input {
  std::string name;
  Kind kind = Kind::floats;
  std::uint32_t columns = 0;
  friend bool operator==(const Input&, const Input&) = default;
};
struct Columns {
  Kind kind = Kind::floats;
  std::vector<std::uint32_t> slots;
  friend bool operator==(const Columns&, const Columns&) = default;
};
enum class Form : std::uint8_t { vector, matrix };  // [rows], [rows, columns]
struct Output {
  std::string name;
  Columns columns;
  Form form = Form::matrix;
  friend bool operator==(const Output&, const Output&) = default;
};

// ---- steps. `to` is the first slot that is filled; its kind is said by the step ----

struct Scale {  // floats: (x − offset) · factor
  Columns from;
  std::vector<float> offsets, factors;
  std::uint32_t to = 0;
  friend bool operator==(const Scale&, const Scale&) = default;
};
enum class Sign : std::uint8_t { add, subtract, multiply, divide };
struct Arithmetic {  // floats: x sign operand
  Columns from;
  Sign sign = Sign::add;
  std::vector<float> operands;
  std::uint32_t to = 0;
  friend bool operator==(const Arithmetic&, const Arithmetic&) = default;
};
struct Impute {  // floats: a value in place of those that are missing
  Columns from;
  float missing = 0;  // no number: every one that is none
  std::vector<float> values;
  std::uint32_t to = 0;
  friend bool operator==(const Impute&, const Impute&) = default;
};
enum class Norm : std::uint8_t { max, l1, l2 };
struct Normalise {  // floats: each divided by the norm of all
  Columns from;
  Norm norm = Norm::l1;
  std::uint32_t to = 0;
  friend bool operator==(const Normalise&, const Normalise&) = default;
};
enum class Strangers : std::uint8_t { are_zeros, are_refused };
struct OneHot {  // floats: for each column and category 1 or 0
  Columns from;
  std::vector<std::int64_t> ints;  // the categories, of whole numbers (numbers are cut to such)
  std::vector<std::string> texts;  // or of words
  Strangers strangers = Strangers::are_zeros;
  std::uint32_t to = 0;
  friend bool operator==(const OneHot&, const OneHot&) = default;
};
struct Lookup {  // floats or ints: what stands beside the key
  Columns from;
  std::vector<std::int64_t> int_keys;
  std::vector<std::string> text_keys;
  std::vector<float> float_values;
  std::vector<std::int64_t> int_values;
  float float_otherwise = 0;
  std::int64_t int_otherwise = 0;
  std::uint32_t to = 0;
  friend bool operator==(const Lookup&, const Lookup&) = default;
};
struct Convert {  // floats ↔ ints, towards 0
  Columns from;
  Kind kind = Kind::floats;
  std::uint32_t to = 0;
  friend bool operator==(const Convert&, const Convert&) = default;
};

enum class Transform : std::uint8_t { none, logistic, softmax };
// What a classifier answers with. A regression has no classes, and no label.
struct Labels {
  std::vector<std::int64_t> ints;
  std::vector<std::string> texts;
  std::uint32_t slot = 0;
  std::size_t size() const { return ints.size() + texts.size(); }
  friend bool operator==(const Labels&, const Labels&) = default;
};
struct Linear {  // floats: an answer for each row of coefficients
  Columns from;
  std::vector<float> coefficients, intercepts;
  Transform transform = Transform::none;
  Labels labels;
  std::uint32_t to = 0;
  friend bool operator==(const Linear&, const Linear&) = default;
};
// How many scores the leaves have for how many classes.
enum class Scores : std::uint8_t {
  each,      // one a class or target
  positive,  // one that is the second class's probability
  margin,    // one whose logistic is
};
struct Forest {  // floats: a score for each class or target
  Columns from;
  std::vector<std::uint32_t> roots;
  // A value a node. One without children is a leaf and has its own number as children.
  std::vector<std::uint32_t> features;  // places in from
  std::vector<float> thresholds;        // x <= threshold goes to the first child, any other and no number to the second
  std::vector<std::uint32_t> first, second;
  std::vector<std::uint8_t> missing_first;   // 1: no number goes to the first child. Empty: nowhere
  std::vector<float> covers;                 // empty: not known
  std::vector<std::uint32_t> weights_begin;  // and one more: of a leaf's weights
  std::vector<std::uint32_t> targets;
  std::vector<float> weights;
  std::vector<float> base;  // a score's, empty: 0
  Scores scores = Scores::each;
  Transform transform = Transform::none;
  Labels labels;
  std::uint32_t width = 0;  // scores of the leaves
  std::uint32_t to = 0;
  friend bool operator==(const Forest&, const Forest&) = default;
};

using Step = std::variant<Scale, Arithmetic, Impute, Normalise, OneHot, Lookup, Convert, Linear, Forest>;

struct Plan {
  std::vector<Input> inputs;
  std::vector<Step> steps;
  std::vector<Output> outputs;
  std::uint32_t floats = 0, ints = 0, texts = 0;  // slots
  friend bool operator==(const Plan&, const Plan&) = default;
};

}  // namespace gatehouse::trees
