// gateway/table_form.h — a tensor model seen as a table: which columns a row has, and how rows become its inputs.
// Shapes   one input [-1, columns], or one input [-1, 1] a column; numbers of any width but FP16, truth values, words
// Threads  pure functions on values
// Errors   model_not_tabular (invalid_argument); of rows invalid_value, with every bad field: invalid_argument, origin caller
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/model/manifest.h"
#include "gatehouse/wire/json/fields.h"
#include "gatehouse/wire/json/value.h"
#include "gatehouse/wire/predict/predict.h"
#include "gatehouse/wire/tensor/tensor.h"

namespace gatehouse::gateway {

struct TableColumn {
  model::Feature feature;  // without a name where the manifest says nothing of it
  wire::Datatype datatype = wire::Datatype::fp32;
};

// What a value of it has to be, in words: "a number from 0 to 30 (petal_length, cm)".
std::string cell_words(const TableColumn& column);

struct TableForm {
  std::vector<wire::TensorSpec> inputs;
  std::vector<TableColumn> columns;
};

Result<TableForm> table_form(const std::vector<wire::TensorSpec>& inputs, const std::vector<model::Feature>& features);

struct TableRows {
  std::size_t count = 0;
  wire::RowForm form = wire::RowForm::one;
  std::vector<wire::Tensor> inputs;
  std::vector<std::vector<std::string>> outside;  // by row: features that training has not seen like that
};

// data: a row or a list of rows. What is wrong with it goes to reading; then what is returned means nothing.
TableRows read_rows(const TableForm& form, const wire::JsonValue& data, wire::Reading& reading);

}  // namespace gatehouse::gateway
