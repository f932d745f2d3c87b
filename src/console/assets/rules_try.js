// The number that stands for the chosen country, shown where none was written.

const country = document.querySelector("#country");
const number = document.querySelector("#number");
const suggest = () => number.placeholder = country.selectedOptions[0]?.dataset.number ?? "";
country.addEventListener("change", suggest);
suggest();
