/* SPDX-License-Identifier: Apache-2.0
 * /v1/products: what parties grow, make or sell. */
#include "ft/api/routes.h"

#include "master_priv.h"

static const struct shape product_page =
	LIST_PAGE_SHAPE("ProductPage", &product_shape, "Products, oldest first");

static enum problem list_products(struct call *call, struct reply *reply)
{
	return master_list(call, reply, THING_PRODUCT);
}

static enum problem get_product(struct call *call, struct reply *reply)
{
	return master_get(call, reply, THING_PRODUCT);
}

static enum problem create_product(struct call *call, struct reply *reply)
{
	return master_post(call, reply, THING_PRODUCT);
}

static enum problem replace_product(struct call *call, struct reply *reply)
{
	return master_put(call, reply, THING_PRODUCT);
}

#define TAG "Products"
const struct route product_routes[] = {
	{
		.method = "GET",
		.path = "/v1/products",
		.id = "listProducts",
		.summary = "List products",
		.tag = TAG,
		.scope = SCOPE_READ,
		.query = &master_list_query_shape,
		.response = &product_page,
		.status = 200,
		.handle = list_products,
		.may_fail = {PROBLEM_CURSOR, PROBLEM_REFERENCE_UNKNOWN, PROBLEM_REGION_UNKNOWN,
			     PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "POST",
		.path = "/v1/products",
		.id = "createProduct",
		.summary = "Register a product",
		.tag = TAG,
		.scope = SCOPE_REGISTER,
		.max_body = MASTER_MAX_BODY,
		.request = &product_input_shape,
		.response = &product_shape,
		.status = 201,
		.repeatable = true,
		.handle = create_product,
		.may_fail = {MASTER_WRITE_FAILURES, PROBLEM_ID_TAKEN, PROBLEM_GTIN_SYNTAX,
			     PROBLEM_GTIN_CHECK_DIGIT, PROBLEM_UNIT_UNKNOWN, PROBLEM_UNIT_DIMENSION,
			     PROBLEM_QUANTITY_SYNTAX},
	},
	{
		.method = "GET",
		.path = "/v1/products/{id}",
		.id = "getProduct",
		.summary = "Read a product",
		.tag = TAG,
		.scope = SCOPE_READ,
		.query = &master_get_query_shape,
		.response = &product_shape,
		.status = 200,
		.handle = get_product,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "PUT",
		.path = "/v1/products/{id}",
		.id = "replaceProduct",
		.summary = "Record a further version of a product",
		.tag = TAG,
		.scope = SCOPE_REGISTER,
		.max_body = MASTER_MAX_BODY,
		.request = &product_input_shape,
		.response = &product_shape,
		.status = 200,
		.handle = replace_product,
		.may_fail = {MASTER_WRITE_FAILURES, PROBLEM_PRECONDITION_REQUIRED,
			     PROBLEM_PRECONDITION_FAILED, PROBLEM_GTIN_SYNTAX, PROBLEM_GTIN_CHECK_DIGIT,
			     PROBLEM_UNIT_UNKNOWN, PROBLEM_UNIT_DIMENSION, PROBLEM_QUANTITY_SYNTAX},
	},
	{0},
};
